/**
 * Servers as processes of their own, most of them of the real Bun.
 * @module
 */

import { fileURLToPath } from 'node:url'
import { startDaemon, temporaryFolder } from '../../clients/process.ts'
import type { Running } from '../table.ts'

/** A path below the root of the project. */
const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

export const BUN: string = at('node_modules/.bin/bun')
export const COMMAND: string = at('adapters/cli/bin.ts')

/** A program that says `listening URL`. */
export interface ServerProcess extends Running, AsyncDisposable {
  readonly port: number
  /** What it has said so far. */
  output(): string
  /** Ends it as a power button would. */
  kill(): Promise<void>
}

/** Has Bun run a program until it listens. */
export function startBun(args: readonly string[], env: Record<string, string> = {}): Promise<ServerProcess> {
  return startServer(BUN, args, env)
}

const LISTENS = /listening (http:\/\/\S+?)\/?$/m

/** Runs a command until it listens, which it says so that `listens` finds its URL. */
export async function startServer(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
  listens: RegExp = LISTENS,
): Promise<ServerProcess> {
  let url = ''
  const daemon = await startDaemon(
    command,
    args,
    (output) => {
      url = listens.exec(output)?.[1] ?? ''
      return url !== ''
    },
    { env },
  )
  return {
    url,
    port: Number(new URL(url).port),
    output: daemon.output,
    close: () => daemon.stop(),
    kill: () => daemon.stop('SIGKILL'),
    [Symbol.asyncDispose]: () => daemon.stop('SIGKILL'),
  }
}

/** The command over a folder. */
export function serveFolder(data: string, ...flags: string[]): Promise<ServerProcess> {
  return startBun([COMMAND, 'serve', '--data', data, '--port', '0', '--log', 'off', ...flags])
}

/** The command over a folder of its own, which goes with it. */
export async function serveSomewhere(...flags: string[]): Promise<Running> {
  const folder = await temporaryFolder()
  const server = await serveFolder(folder.path, ...flags)
  return {
    url: server.url,
    async close() {
      await server.close()
      await folder.remove()
    },
  }
}
