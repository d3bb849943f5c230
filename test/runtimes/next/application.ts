/**
 * A Next.js application of this folder's routes, built and served as one is in production. Next itself is that of
 * `examples/next`.
 * @module
 */

import { existsSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { type Folder, run, temporaryFolder } from '../../clients/process.ts'

const MODULES = fileURLToPath(new URL('../../../examples/next/node_modules', import.meta.url))
const NEXT = join(MODULES, 'next/dist/bin/next')
const BUILD_LIMIT = 180_000
const QUIET = { NEXT_TELEMETRY_DISABLED: '1' }

interface Route {
  /** Where Next expects it. */
  readonly path: string
  readonly source: string
  /** What Next wants to read in the very words, and no bundler leaves so. */
  readonly footer?: string
}

const ROUTES: readonly Route[] = [
  {
    path: 'pages/api/registry.js',
    source: 'api-route.ts',
    footer: 'export const config = { api: { bodyParser: false, responseLimit: false } }',
  },
  { path: 'pages/api/suite.js', source: 'suite-route.ts' },
  { path: 'app/v2/[[...path]]/route.js', source: 'app-route.ts' },
]

const CONFIG = {
  skipTrailingSlashRedirect: true,
  turbopack: { root: '/' },
  // It is built once.
  experimental: { turbopackFileSystemCacheForBuild: false },
}
/** `/v2` leads to the API route for one name of this machine, and to the route handlers for others. */
const REWRITE = {
  source: '/v2/:path*',
  has: [{ type: 'host', value: '127.0.0.1' }],
  destination: '/api/registry',
}

/** Whether Next is there to build with. */
export const isInstalled: boolean = existsSync(NEXT)

/** The application, in a folder of its own. */
export async function buildApplication(): Promise<Folder> {
  const folder = await temporaryFolder()
  try {
    await buildInto(folder.path)
    return folder
  } catch (error) {
    await folder.remove()
    throw error
  }
}

/** Makes the application in an empty folder. */
export async function buildInto(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules'))
  for (const name of ['next', 'react', 'react-dom']) {
    await symlink(join(MODULES, name), join(folder, 'node_modules', name), 'dir')
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const rewrites = `() => ({ beforeFiles: [${JSON.stringify(REWRITE)}] })`
  const config = `export default { ...${JSON.stringify(CONFIG)}, rewrites: ${rewrites} }\n`
  await writeFile(join(folder, 'next.config.mjs'), config)
  for (const { path, source, footer = '' } of ROUTES) await bundle(source, join(folder, path), footer)
  const options = { cwd: folder, env: QUIET, timeout: BUILD_LIMIT }
  const { status, stdout, stderr } = await run(process.execPath, [NEXT, 'build'], options)
  if (status !== 0) throw new Error(`next build ended with ${status}\n${stdout}${stderr}`)
}

/** One module of a route, made of the sources of this project. */
async function bundle(source: string, target: string, footer: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true })
  await esbuild.build({
    entryPoints: [fileURLToPath(new URL(source, import.meta.url))],
    tsconfig: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)),
    bundle: true,
    outfile: target,
    footer: { js: footer },
    format: 'esm',
    target: 'node20',
    platform: 'node',
    logLevel: 'silent',
  })
}

/** What serves the application over a folder, and how it says where. */
export function serving(application: string, data: string, { sparse }: { sparse: boolean }) {
  return {
    // A client that is slow, on a busy machine, must not meet a connection that is just being closed.
    args: [
      NEXT,
      'start',
      application,
      '--hostname',
      '127.0.0.1',
      '--port',
      '0',
      '--keepAliveTimeout',
      '60000',
    ],
    env: { ...QUIET, DATA: data, SPARSE: sparse ? '1' : '' },
    listens: /Local: +(http:\S+)\s[\s\S]*Ready/,
  }
}
