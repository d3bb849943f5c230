/**
 * Where else than on Node over a folder Ocikit runs, each beside what else could be had there.
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DENO, denoArgs, folderFlags } from '../runtimes/deno/start.ts'
import { buildInto, isInstalled, serving } from '../runtimes/next/application.ts'
import { bundle } from '../runtimes/workerd/bundle.ts'
import { type Bucket, findBucket } from './bucket.ts'
import type { FindGroup } from './group.ts'
import { PEERS } from './peers.ts'
import { isExecutable, run } from './run.ts'
import { temporaryFolder } from './scratch.ts'
import { startServer } from './server.ts'
import { LISTENING, ROOT, type Subject, serveOcikit } from './subject.ts'

/** All groups, by the storage that they have in common. R2 is that of miniflare. */
export const GROUPS: Readonly<Record<string, FindGroup>> = {
  async folder({ install, command }) {
    const over = ({ name, version, program }: Runtime): Subject => ({
      name,
      version,
      start: (data) => serveOcikit({ program, command, data }),
    })
    return {
      subjects: {
        node: async () => over(await node()),
        bun: async () => over(await bun()),
        deno,
        next: () => next(install),
        'docker-registry': () => PEERS['docker-registry']!(install),
      },
      against: 'docker-registry',
      async [Symbol.asyncDispose]() {},
    }
  },
  async s3({ install, command }) {
    const bucket = await findBucket(install)
    const over = ({ name, version, program }: Runtime): Subject => ({
      name: `${name}+s3`,
      version,
      start: (data) => serveOcikit({ program, command, ...placeOf(bucket, data) }),
      clear: (data) => bucket.empty(`${prefixOf(data)}/`),
    })
    return {
      subjects: {
        'node+s3': async () => over(await node()),
        'bun+s3': async () => over(await bun()),
        'docker-registry+s3': () => dockerRegistry(bucket, install),
      },
      against: 'docker-registry+s3',
      [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
    }
  },
  async r2() {
    return {
      subjects: {
        'workerd+r2': () =>
          worker('workerd+r2', new URL('../runtimes/workerd/spec-worker.ts', import.meta.url)),
        'bare worker': () => worker('bare worker', new URL('workers/bare.ts', import.meta.url)),
      },
      against: 'bare worker',
      async [Symbol.asyncDispose]() {},
    }
  },
}

/** What runs Ocikit's command. */
interface Runtime {
  readonly name: string
  readonly version: string
  readonly program: string
}

async function node(): Promise<Runtime> {
  return { name: 'node', version: process.version, program: process.execPath }
}

async function bun(): Promise<Runtime> {
  const program = `${ROOT}/node_modules/.bin/bun`
  if (!isExecutable(program)) throw new Error('not installed: npm ci')
  return { name: 'bun', version: `v${(await run(program, ['--version'])).trim()}`, program }
}

/** On Deno the command takes the server of Node: a program of the tests takes that of Deno. */
async function deno(): Promise<Subject> {
  if (!isExecutable(DENO)) throw new Error('not installed: npm ci')
  const [, version] = (await run(DENO, ['--version'])).split(/\s/)
  return {
    name: 'deno',
    version: `v${version}`,
    start: (data) =>
      startServer({
        command: DENO,
        args: denoArgs('registry.ts', folderFlags(data), ['fs', data]),
        env: { NO_COLOR: '1' },
        url: LISTENING,
      }),
  }
}

/** An API route in an application of its own, built once. */
async function next(install: boolean): Promise<Subject> {
  if (!isInstalled) throw new Error('not installed: npm ci in examples/next')
  if (!install) throw new Error('building it takes longer than a smoke run')
  const { path } = temporaryFolder()
  await buildInto(path)
  const { version } = JSON.parse(
    await readFile(`${ROOT}/examples/next/node_modules/next/package.json`, 'utf8'),
  ) as { version: string }
  return {
    name: 'next',
    version,
    start(data) {
      const { args, env, listens } = serving(path, data, { sparse: false })
      return startServer({ command: process.execPath, args, env, url: listens })
    },
  }
}

/** Every server has its own part of the bucket, named like the folder that it would have. */
const prefixOf = (data: string): string => `bench/${basename(data)}`

function placeOf(bucket: Bucket, data: string) {
  const where = new URLSearchParams({ endpoint: bucket.endpoint, region: bucket.region })
  return {
    data: `s3://${bucket.name}/${prefixOf(data)}?${where}`,
    env: {
      AWS_ACCESS_KEY_ID: bucket.accessKey,
      AWS_SECRET_ACCESS_KEY: bucket.secretKey,
      AWS_SESSION_TOKEN: '',
    },
  }
}

/** It sends the bytes itself, as ours do, instead of redirecting clients to the bucket. */
async function dockerRegistry(bucket: Bucket, install: boolean): Promise<Subject> {
  const { version, start } = await PEERS['docker-registry']!(install, (data) => ({
    s3: {
      accesskey: bucket.accessKey,
      secretkey: bucket.secretKey,
      region: bucket.region,
      regionendpoint: bucket.endpoint,
      bucket: bucket.name,
      secure: bucket.endpoint.startsWith('https:'),
      rootdirectory: `/${prefixOf(data)}`,
    },
    redirect: { disable: true },
  }))
  const clear = (data: string): Promise<void> => bucket.empty(`${prefixOf(data)}/`)
  return { name: 'docker-registry+s3', version, start, clear }
}

/** A Worker, bundled once. */
async function worker(name: string, entry: URL): Promise<Subject> {
  const { version } = JSON.parse(await readFile(`${ROOT}/node_modules/miniflare/package.json`, 'utf8')) as {
    version: string
  }
  const host = fileURLToPath(new URL('workers/host.ts', import.meta.url))
  const script = join(temporaryFolder().path, 'worker.js')
  await writeFile(script, await bundle(entry))
  return {
    name,
    version: `miniflare ${version}`,
    start: (data) =>
      startServer({
        command: process.execPath,
        args: [host, script, data],
        url: LISTENING,
        watched: /^workerd (\d+)$/m,
      }),
  }
}
