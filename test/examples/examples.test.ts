/**
 * Every folder of `examples` is started as its README says, and real clients push to it and pull from it.
 *
 * An example that needs more than this machine says so in its package.json: `"ocikit": { "needs": "s3" }` is
 * started where the variables `OCIKIT_TEST_S3_*` are set, with `DATA` and credentials made of them. One that has
 * dependencies of its own is started where `npm ci` was run in its folder, and one with a script `build` after that.
 * `"ignoresTls": true` is for a server that lets clients wait which try TLS first.
 */

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Engine, startEngine } from '../clients/docker-engine.ts'
import type { Layout } from '../clients/images.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { makeSamples } from '../clients/samples.ts'
import { client, describeClient } from '../clients/tools.ts'
import { ask, sha256 } from '../crash/http.ts'
import { newBucketData } from '../runtimes/s3/start.ts'
import { type Way, withoutTls } from './no-tls.ts'
import { BUILD_LIMIT, buildExample, ROOT, type RunningExample, START_LIMIT, startExample } from './start.ts'

const EXAMPLES = join(ROOT, 'examples')

interface Manifest {
  readonly scripts?: { readonly start?: string; readonly build?: string }
  readonly dependencies?: object
  readonly ocikit?: {
    readonly needs?: string
    /** Who may push below `examples/`, as `name:password`; without it everybody. */
    readonly user?: string
    /** Variables that it needs. */
    readonly env?: Readonly<Record<string, string>>
    /** Its server leaves clients that try TLS without an answer. */
    readonly ignoresTls?: boolean
    /** Below which path it shows the registry once more, in a way that is not for docker. */
    readonly also?: string
  }
}

const names = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(EXAMPLES, entry.name, 'package.json')))
  .map((entry) => entry.name)
const manifestOf = (name: string) =>
  JSON.parse(readFileSync(join(EXAMPLES, name, 'package.json'), 'utf8')) as Manifest

/** What an example needs and is not there. */
function obstacle(name: string): string | undefined {
  if (!existsSync(join(ROOT, 'dist/src/index.js'))) return 'dist is missing: npm run build'
  const { dependencies, ocikit: { needs } = {} } = manifestOf(name)
  if (dependencies && !existsSync(join(EXAMPLES, name, 'node_modules'))) {
    return `not installed: npm ci in examples/${name}`
  }
  if (needs === undefined) return undefined
  const prefix = `OCIKIT_TEST_${needs.toUpperCase()}_`
  const isThere = Object.keys(process.env).some((variable) => variable.startsWith(prefix))
  return isThere ? undefined : `needs ${prefix}*`
}

/** What an example is given beside a port. */
function environmentOf(name: string): Record<string, string> {
  const { needs, env: own = {} } = manifestOf(name).ocikit ?? {}
  if (needs !== 's3') return own
  const { data, env } = newBucketData()
  return { ...own, ...env, DATA: data }
}

test('there are examples, each with a start and a README', () => {
  expect(names).toEqual(expect.arrayContaining(['bun', 'custom-storage', 'hono-embed']))
  for (const name of names) {
    expect(manifestOf(name).scripts?.start, name).toBeTypeOf('string')
    expect(existsSync(join(EXAMPLES, name, 'README.md')), name).toBe(true)
  }
})

let samples: Folder
let layout: Layout
beforeAll(async () => {
  samples = await temporaryFolder()
  layout = (await makeSamples(samples.at('layout'))).layout
})
afterAll(async () => {
  await engine?.stop()
  await samples?.remove()
})

let engine: Engine | undefined
/** The one engine, started for the first that needs it. */
async function theEngine(): Promise<Engine> {
  engine ??= await startEngine()
  return engine
}

for (const name of names) {
  const reason = obstacle(name)
  const user = manifestOf(name).ocikit?.user
  const [userName = '', password = ''] = user?.split(':') ?? []
  if (reason !== undefined) console.warn(`skipped: the example ${name}, ${reason}`)
  describe.skipIf(reason !== undefined)(`the example ${name}${reason ? ` (${reason})` : ''}`, () => {
    let example: RunningExample
    let way: Way | undefined
    /** Where clients find it. */
    let host: string
    beforeAll(
      async () => {
        const { scripts, ocikit } = manifestOf(name)
        if (scripts?.build !== undefined) await buildExample(name)
        example = await startExample(name, environmentOf(name))
        if (ocikit?.ignoresTls) way = await withoutTls(Number(example.host.split(':')[1]))
        host = way?.host ?? example.host
      },
      BUILD_LIMIT + START_LIMIT * 2,
    )
    afterAll(async () => {
      await way?.close()
      await example?.stop()
    })

    test('answers', async () => {
      const url = `http://${example.host}/v2/`
      expect((await fetch(url)).status).toBe(user ? 401 : 200)
      const headers = { authorization: `Basic ${btoa(user ?? ':')}` }
      expect((await fetch(url, { headers })).status).toBe(200)
    })

    const { also } = manifestOf(name).ocikit ?? {}
    if (also !== undefined)
      test(`answers below ${also}, too`, async () => {
        const url = `http://${host}${also}/v2/examples/also/blobs`
        const bytes = randomBytes(1000)
        await ask('POST', `${url}/uploads/?digest=${sha256(bytes)}`, 201, { body: bytes })
        const pulled = await ask('GET', `${url}/${sha256(bytes)}`, 200)
        expect(sha256(pulled.bytes)).toBe(sha256(bytes))
      })

    describeClient('skopeo', { commands: ['skopeo'] }, () => {
      test('pushes and pulls', async () => {
        const skopeo = client('skopeo', ['copy', '--all', '--preserve-digests'], {
          env: { HOME: samples.path },
        })
        const remote = `docker://${host}/examples/skopeo:1`
        const [to, from] = user
          ? [
              ['--dest-creds', user],
              ['--src-creds', user],
            ]
          : [[], []]
        await skopeo.ok('--dest-tls-verify=false', ...to, `oci:${layout.folder}:index`, remote)
        await skopeo.ok('--src-tls-verify=false', ...from, remote, `dir:${samples.at(`${name}-pulled`)}`)
      })
    })

    describeClient('oras', { commands: ['oras'] }, () => {
      test('pushes and pulls', async () => {
        const oras = client('oras', ['copy'], {
          env: { HOME: samples.path, ORAS_CACHE: samples.at(name, 'cache') },
        })
        const remote = `${host}/examples/oras:1`
        const as = (end: 'to' | 'from') =>
          user ? [`--${end}-username`, userName, `--${end}-password`, password] : []
        await oras.ok('--from-oci-layout', `${layout.folder}:index`, '--to-plain-http', ...as('to'), remote)
        await oras.ok(
          '--from-plain-http',
          ...as('from'),
          remote,
          '--to-oci-layout',
          `${samples.at(`${name}-layout`)}:1`,
        )
      })
    })

    describeClient('docker', { commands: ['docker', 'dockerd', 'containerd', 'runc'], root: true }, () => {
      test('pushes and pulls', { timeout: 120_000 }, async () => {
        const { docker } = await theEngine()
        const remote = `${host}/examples/docker:1`
        if (user) await docker.ok('login', '-u', userName, '-p', password, host)
        await docker.ok('tag', 'sample:1', remote)
        await docker.ok('push', remote)
        await docker.ok('rmi', remote)
        expect(await docker.ok('pull', remote)).toContain('Digest: sha256:')
      })
    })

    test('ends when it is told to', async () => {
      await example.stop()
      const answered = () =>
        fetch(`http://${example.host}/v2/`).then(
          () => true,
          () => false,
        )
      await expect.poll(answered, { timeout: 10_000 }).toBe(false)
    })
  })
}
