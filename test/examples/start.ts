/**
 * Starts an example as its README says.
 * @module
 */

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, startDaemon, temporaryFolder } from '../clients/process.ts'
import { freePort } from '../free-port.ts'

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))
/** A start may bundle first. */
export const START_LIMIT = 60_000
export const BUILD_LIMIT = 180_000

/** An example that listens. */
export interface RunningExample {
  /** Host and port, as they stand in an image name. */
  readonly host: string
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** Runs `npm run build`. */
export async function buildExample(name: string): Promise<void> {
  const args = ['--prefix', join(ROOT, 'examples', name), 'run', 'build']
  const { status, stdout, stderr } = await run('npm', args, { timeout: BUILD_LIMIT })
  if (status !== 0) throw new Error(`npm run build of ${name} ended with ${status}\n${stdout}${stderr}`)
}

/** Runs `npm start` with a port and an empty folder, or what else `env` says that `DATA` is. */
export async function startExample(name: string, env: Record<string, string> = {}): Promise<RunningExample> {
  const folder = await temporaryFolder()
  const host = `127.0.0.1:${await freePort()}`
  const server = await startDaemon(
    'npm',
    ['--prefix', join(ROOT, 'examples', name), 'start'],
    (output) => output.split(/\r?\n/).includes(`listening http://${host}`),
    { env: { PORT: host.split(':')[1]!, DATA: folder.at('data'), ...env }, timeout: START_LIMIT },
  )
  return {
    host,
    async stop() {
      await server.stop()
      await folder.remove()
    },
  }
}
