/**
 * The registry under test: the `ocikit` command as a process of its own, listening on loopback.
 *
 * For a developer who wants to know whether an answer is Ocikit's fault: `OCIKIT_TEST_REGISTRY=http://127.0.0.1:5000`
 * runs the tests against another registry. Tests that need flags (`--user`) are skipped then.
 * @module
 */

import { fileURLToPath } from 'node:url'
import { startDaemon, temporaryFolder } from './process.ts'

/** A registry that listens. */
export interface TestRegistry {
  /** Host and port, as they stand in an image name. */
  readonly host: string
  /** Origin. */
  readonly url: string
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** Whether another registry is tested than the one of this project. */
export const external = process.env['OCIKIT_TEST_REGISTRY']

const command = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))

/** Starts a registry with an empty store. */
export async function startRegistry(...flags: string[]): Promise<TestRegistry> {
  if (external !== undefined) return { host: new URL(external).host, url: external, stop: async () => {} }
  const data = await temporaryFolder()
  const args = [command, 'serve', '--data', data.path, '--port', '0', '--log', 'off', ...flags]
  let url = ''
  try {
    const daemon = await startDaemon(process.execPath, args, (output) => {
      url = /^listening (http:\/\/127\.0\.0\.1:\d+)\/?$/m.exec(output)?.[1] ?? ''
      return url !== ''
    })
    const stop = async () => {
      await daemon.stop()
      await data.remove()
    }
    return { host: new URL(url).host, url, stop }
  } catch (error) {
    await data.remove()
    throw error
  }
}
