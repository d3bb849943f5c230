/**
 * Servers as processes of the real Deno, with no more permissions than the README says.
 * @module
 */

import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../../clients/process.ts'
import { type ServerProcess, startServer } from '../bun/start.ts'
import type { Running } from '../table.ts'

export type { ServerProcess }

/** A path beside this file. */
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const DENO: string = at('../../../node_modules/.bin/deno')
/** Before the name of a program: nothing is asked, and nothing is written beside the sources. */
const RUN = ['run', '--no-prompt', '--no-lock']

/** The arguments of Deno for a program of this folder. */
export function denoArgs(program: string, flags: readonly string[], args: readonly string[] = []): string[] {
  return [...RUN, ...flags, at(program), ...args]
}

/** Has Deno run a program of this folder until it listens. */
export function startDeno(
  program: string,
  flags: readonly string[],
  args: readonly string[] = [],
): Promise<ServerProcess> {
  return startServer(DENO, denoArgs(program, flags, args), { NO_COLOR: '1' })
}

/** What a registry in a folder needs, and no more. */
export function folderFlags(folder: string): string[] {
  return ['--allow-net', `--allow-read=${folder}`, `--allow-write=${folder}`]
}

/** A registry over a folder. */
export function serveFolder(folder: string, ...args: string[]): Promise<ServerProcess> {
  return startDeno('registry.ts', folderFlags(folder), ['fs', folder, ...args])
}

/** A registry over a database in a folder. */
export function serveKv(folder: string, ...args: string[]): Promise<ServerProcess> {
  return startDeno('registry.ts', ['--unstable-kv', ...folderFlags(folder)], ['kv', `${folder}/kv`, ...args])
}

/** A registry in a folder of its own, which goes with it. */
export async function somewhere(serve: typeof serveFolder, options: { sparse: boolean }): Promise<Running> {
  const folder = await temporaryFolder()
  const server = await serve(folder.path, ...(options.sparse ? ['sparse'] : []))
  return {
    url: server.url,
    async close() {
      await server.close()
      await folder.remove()
    },
  }
}
