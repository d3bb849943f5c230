/**
 * What is measured.
 * @module
 */

import { copyFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.ts'
import { temporaryFolder } from './scratch.ts'
import { type Server, startServer } from './server.ts'

/** A registry that can be started over and over, each time over an empty folder. */
export interface Subject {
  readonly name: string
  readonly version: string
  start(data: string): Promise<Server>
}

/** The folder of this project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** A source tree under the Node that runs this. With `build`, as it would be published: that needs less memory. */
export async function ocikitOf(
  root: string,
  name: string,
  version: string,
  build: boolean,
): Promise<Subject> {
  const command = build ? `${await built(root)}/adapters/cli/bin.js` : `${root}/adapters/cli/bin.ts`
  return {
    name,
    version,
    start: (data) =>
      startServer({
        command: process.execPath,
        args: [command, 'serve', '--data', data, '--port', '0', '--log', 'off'],
        url: /^listening (http:\/\/\S+?)\/?$/m,
      }),
  }
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
