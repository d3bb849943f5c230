/**
 * Whoever comes from the Go modules of docker/oci finds here what they could do. Each test is one of those packages:
 * the contract and what speaks it are here, registries made of others in docker-oci-registries.test.ts, and tools
 * beside them in docker-oci-tools.test.ts. Their known faults are in test/regressions.
 */

import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { dockerCredentials } from '../../adapters/node/index.ts'
import { listen } from '../../adapters/node/testing.ts'
import { copyImage, createClient } from '../../src/client/index.ts'
import { immutable } from '../../src/compose/index.ts'
import { defineRegistry, RegistryError, users } from '../../src/index.ts'
import { parseManifest } from '../../src/oci/index.ts'
import { fill, recorder, testRegistry } from '../../src/testing/index.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { failureOf } from '../client/wire.ts'
import { temporaryFolder } from '../clients/process.ts'
import { codesOf, digestOf, imageOf, OCI_INDEX, OCI_MANIFEST, pushImage, refusal, utf8 } from './content.ts'

const image = imageOf('an image')
const HOST = 'https://registry.test'

test('oci: a contract, registries of single functions, lists, errors with codes, manifests that are checked', async () => {
  const registry = defineRegistry({
    async *tags() {
      yield* ['v1', 'v2']
    },
    async getManifest() {
      throw new RegistryError('OUT_OF_PAPER', 'the printer is empty', { status: 402, detail: { tray: 1 } })
    },
  })
  expect(await all(registry.tags('a'))).toEqual(['v1', 'v2'])
  await using served = testRegistry({ registry })
  expect(await (await served.fetch('/v2/a/tags/list')).json()).toEqual({ name: 'a', tags: ['v1', 'v2'] })
  expect(await refusal(await served.fetch('/v2/a/manifests/v1'))).toEqual([402, 'OUT_OF_PAPER'])
  const unsupported = await served.fetch('/v2/a/blobs/uploads/', { method: 'POST' })
  expect(await refusal(unsupported)).toEqual([405, 'UNSUPPORTED'])
  const { references, mediaType } = parseManifest(image.manifest, OCI_MANIFEST)
  expect([mediaType, references.map(({ kind }) => kind)]).toEqual([OCI_MANIFEST, ['blob', 'blob']])
  for (const wrong of ['{"schemaVersion":1}', '{"schemaVersion":2,"manifests":[],"layers":[]}'])
    expect(() => parseManifest(utf8(wrong), OCI_INDEX)).toThrow(RegistryError)
})

test('ociclient: every operation, requests of one own, and what old and odd registries need', async () => {
  await using old = await listen({ compat: { referrers: false } })
  const client = createClient(old.host)
  const filled = await fill(client, {
    'team/app': {
      blobs: { layer: 'hello' },
      manifests: {
        image: { layers: ['layer'] },
        note: { artifactType: 'a/note', layers: ['layer'], subject: 'image' },
      },
    },
  })
  const subject = filled.digest('team/app', 'image')
  // The fallback tag of referrers, kept by the client.
  expect((await client.getManifest('team/app', subject.replace(':', '-'))).descriptor.mediaType).toBe(
    OCI_INDEX,
  )
  const found = await all(client.referrers('team/app', subject, { artifactTypes: ['a/note'] }))
  expect(found.map(({ descriptor }) => descriptor.digest)).toEqual([filled.digest('team/app', 'note')])
  // Several tags by one push.
  const bytes = filled.bytes('team/app', 'image')
  const pushed = await client.pushManifest('team/app', bytes, OCI_MANIFEST, { tags: ['v1', 'latest'] })
  expect(pushed.tags).toEqual(['v1', 'latest'])
  expect((await client.resolveManifest('team/app', 'latest')).digest).toBe(subject)
  // A request that the contract has no method for.
  const discovered = await client.request('/v2/_oci/ext/discover')
  expect(await discovered.json()).toMatchObject({ extensions: [{ name: '_oci' }, { name: '_catalog' }] })
  await client.deleteManifest('team/app', subject)
  expect((await failureOf(client.getManifest('team/app', 'v1'))).code).toBe('MANIFEST_UNKNOWN')
})

test('ociclient: signed manifests of schema 1, and the copy of Docker Hub', async () => {
  const payload = '{\n   "schemaVersion": 1,\n   "name": "library/hello"\n}'
  const cut = payload.length - 2
  const encode = (text: string): string => Buffer.from(text).toString('base64url')
  const header = encode(JSON.stringify({ formatLength: cut, formatTail: encode(payload.slice(cut)) }))
  const signed = utf8(`${payload.slice(0, cut)},"signatures":[{"protected":"${header}"}]}`)
  const mediaType = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
  const descriptor = { mediaType, digest: digestOf(utf8(payload)), size: signed.length }
  const registry = defineRegistry({ getManifest: async () => ({ descriptor, bytes: signed }) })
  await using served = testRegistry({ registry })
  const client = createClient(HOST, { fetch: served.fetch })
  expect(new TextDecoder().decode((await client.getManifest('library/hello', 'latest')).bytes)).toBe(payload)

  const copies = recorder(async () => {
    return new Response(null, { status: 201, headers: { 'docker-content-digest': digestOf(image.manifest) } })
  })
  const hub = createClient('docker.io', { fetch: copies.fetch })
  expect(await copyImage(hub, 'team/b', { from: 'team/a', reference: 'v1' })).toBe(digestOf(image.manifest))
  expect(copies.lines()).toEqual(['POST /v2/team/b/_docker/copy/image?from=team/a&reference=v1 len=0'])
})

test('ociserver: any registry behind middlewares, users, a log and redirects', async () => {
  const log: string[] = []
  const logger = {
    debug() {},
    info: (_: string, fields: object = {}) => log.push(JSON.stringify(fields)),
    warn() {},
    error() {},
  }
  const content = { digest: digestOf(image.layer), size: image.layer.length, mediaType: 'a/b' }
  const registry = defineRegistry({
    async getBlob(_, __, { location } = {}) {
      const empty = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })
      return {
        descriptor: content,
        ...(location ? { location: 'https://cdn.test/blob' } : {}),
        stream: () => empty,
        bytes: async () => new Uint8Array(),
        async [Symbol.asyncDispose]() {},
      }
    },
  })
  const auth = users([{ name: 'ann', password: 'secret' }])
  await using served = testRegistry({ registry, auth, logger, redirect: true })
  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    c.header('x-outer', 'yes')
  })
  app.route('/', served.kit.app)
  const refused = await app.request('/v2/')
  expect([refused.status, refused.headers.get('x-outer')]).toEqual([401, 'yes'])
  const headers = { authorization: `Basic ${btoa('ann:secret')}` }
  const answer = await app.request(`/v2/a/blobs/${content.digest}`, { headers })
  expect([answer.status, answer.headers.get('location')]).toEqual([307, 'https://cdn.test/blob'])
  expect(log.length).toBe(2)
  expect(log[1]).toContain('"status":307')
  expect(log.join()).not.toContain('secret')
})

test('ociserver: imitates registries that lack something, and answers errors in another form', async () => {
  const formatError = ({ code, status }: RegistryError) => new Response(`oh: ${code}`, { status })
  const lacks = { referrers: false, singlePost: false, pageLimit: 1, tagDigest: false, link: false }
  await using old = testRegistry({ compat: lacks, formatError })
  const client = createClient(HOST, { fetch: old.fetch })
  await fill(client, { a: { manifests: { image: {} }, tags: { v1: 'image', v2: 'image' } } })
  const page = await old.fetch('/v2/a/tags/list')
  expect([await page.json(), page.headers.get('link')]).toEqual([{ name: 'a', tags: ['v1'] }, null])
  expect((await old.fetch('/v2/a/manifests/v1')).headers.get('docker-content-digest')).toBe(null)
  const single = `/v2/a/blobs/uploads/?digest=${digestOf(image.layer)}`
  expect((await old.fetch(single, { method: 'POST', body: image.layer })).status).toBe(202)
  const referrers = await old.fetch(`/v2/a/referrers/${digestOf(image.manifest)}`)
  expect([referrers.status, await referrers.text()]).toEqual([404, 'oh: NOT_FOUND'])
  await using half = testRegistry({ compat: { filters: false } })
  const path = `/v2/a/referrers/${digestOf(image.manifest)}?artifactType=a/b`
  expect((await half.fetch(path)).headers.get('oci-filters-applied')).toBe(null)
})

test('ocimem: a registry in memory, with tags that stay or with loose references', async () => {
  await using strict = testRegistry({ wrap: immutable })
  await pushImage(strict, 'a', 'v1', image)
  await pushImage(strict, 'a', 'v1', image)
  const other = { ...image, manifest: imageOf('another').manifest }
  const put = { method: 'PUT', body: other.manifest, headers: { 'content-type': OCI_MANIFEST } }
  const missing = await strict.fetch('/v2/a/manifests/v2', put)
  expect(await codesOf(missing)).toEqual(['MANIFEST_BLOB_UNKNOWN'])
  expect((await strict.fetch('/v2/a/manifests/v1', { method: 'DELETE' })).status).toBe(403)
  await using loose = testRegistry({ sparse: true })
  expect((await loose.fetch('/v2/a/manifests/v2', put)).status).toBe(201)
})

test('ociauth: logins of docker and podman, from files, helpers and the environment; tokens by scope', async () => {
  const folder = await temporaryFolder()
  await using registry = await listen({ auth: users([{ name: 'ann', password: 'secret' }]) })
  try {
    const { host } = registry
    const auth = btoa('ann:secret')
    await mkdir(folder.at('docker'))
    await mkdir(folder.at('podman/containers'), { recursive: true })
    await writeFile(folder.at('docker/config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
    await writeFile(folder.at('podman/containers/auth.json'), JSON.stringify({ auths: { [host]: { auth } } }))
    const helper = folder.at('docker-credential-parity')
    await writeFile(helper, `#!/bin/sh\necho '{"Username":"ann","Secret":"secret"}'\n`)
    await chmod(helper, 0o755)
    const PATH = `${folder.path}:${process.env['PATH']}`
    const places = [
      { DOCKER_CONFIG: folder.at('docker') },
      { XDG_RUNTIME_DIR: folder.at('podman') },
      { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: { auth } } }) },
      { DOCKER_AUTH_CONFIG: JSON.stringify({ credHelpers: { [host]: 'parity' } }), PATH },
    ]
    for (const env of places) {
      const credentials = dockerCredentials({ env: { HOME: folder.at('nobody'), ...env } })
      await createClient(host, { credentials }).ping()
    }
    const none = dockerCredentials({ env: { HOME: folder.at('nobody') } })
    expect((await failureOf(createClient(host, { credentials: none }).ping())).code).toBe('UNAUTHORIZED')
  } finally {
    await folder.remove()
  }

  const asked: string[] = []
  const fetch = async (url: string, { headers }: RequestInit): Promise<Response> => {
    const { host, searchParams } = new URL(url)
    const token = new Headers(headers).get('authorization')
    if (host === 'auth.test') {
      asked.push(searchParams.getAll('scope').join(' '))
      return Response.json({ token: searchParams.get('scope') })
    }
    if (token?.startsWith('Bearer ')) return new Response(null, { headers: { 'content-length': '1' } })
    const challenge = 'Bearer realm="https://auth.test/token",service="s",scope="repository:a:pull"'
    return new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
  }
  const client = createClient(HOST, { fetch, credentials: { username: 'ann', password: 'secret' } })
  const digest = digestOf(image.layer)
  await Promise.all([1, 2, 3].map(() => client.resolveBlob('a', digest)))
  await client.resolveBlob('a', digest)
  expect(asked).toEqual(['repository:a:pull'])
})
