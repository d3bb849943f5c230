/**
 * What is measured.
 * @module
 */

import { copyFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.ts'
import { dataFolder, temporaryFolder } from './scratch.ts'
import { type Server, startServer } from './server.ts'

/** A registry that can be started over and over, each time over an empty folder. */
export interface Subject {
  readonly name: string
  readonly version: string
  start(data: string): Promise<Server>
  /** Removes what it keeps elsewhere for a folder that is no longer needed. Absent: there is nothing. */
  clear?(data: string): Promise<void>
}

/** The same, but started only once, for when it does not matter how fast it is. Its server ends with the result. */
export function lasting({ name, version, start }: Subject): Subject & AsyncDisposable {
  let server: Promise<Server> | undefined
  return {
    name,
    version,
    async start() {
      server ??= start(dataFolder().path)
      return { ...(await server), async [Symbol.asyncDispose]() {} }
    },
    async [Symbol.asyncDispose]() {
      const started = await server?.catch(() => undefined)
      await started?.[Symbol.asyncDispose]()
    },
  }
}

/** The folder of this project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** A source tree under the Node that runs this. */
export async function ocikitOf(
  root: string,
  name: string,
  version: string,
  build: boolean,
): Promise<Subject> {
  const command = await commandOf(root, build)
  return { name, version, start: (data) => serveOcikit({ program: process.execPath, command, data }) }
}

/** The command of a source tree. With `build`, as it would be published: that needs less memory. */
export async function commandOf(root: string, build: boolean): Promise<string> {
  return build ? `${await built(root)}/adapters/cli/bin.js` : `${root}/adapters/cli/bin.ts`
}

/** Which command serves what, and the program that runs it. */
interface Serving {
  readonly program: string
  readonly command: string
  /** What `--data` takes. */
  readonly data: string
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
}

/** How our servers say where they listen. */
export const LISTENING: RegExp = /^listening (http:\/\/\S+?)\/?$/m

/** Starts a command of Ocikit. */
export function serveOcikit({ program, command, data, env = {}, flags = [] }: Serving): Promise<Server> {
  return startServer({
    command: program,
    args: [command, 'serve', '--data', data, '--port', '0', '--log', 'off', ...flags],
    env,
    url: LISTENING,
  })
}

/** The folder of a build, which is removed at the end of this process. */
async function built(root: string): Promise<string> {
  const { path } = temporaryFolder()
  await copyFile(join(root, 'package.json'), join(path, 'package.json'))
  await symlink(join(ROOT, 'node_modules'), join(path, 'node_modules'), 'dir')
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  await run(process.execPath, [tsc, '-p', join(root, 'tsconfig.json'), '--outDir', join(path, 'dist')])
  return join(path, 'dist')
}
