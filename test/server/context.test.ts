import { expect, test } from 'vitest'
import { type Auth, memory, ocikit } from '../../src/index.ts'
import { type Call, recording } from '../engine/recording.ts'
import {
  type Answer,
  digestOf,
  emptyIndex,
  INDEX,
  LOREM,
  locationOf,
  type Sent,
  send,
  streamOf,
  withDigest,
} from './http.ts'

const auth: Auth = {
  authenticate: () => ({ name: 'ann' }),
  authorize: () => 'allow',
  challenge: () => null,
}

/** Does something and checks that every call of the storage knew for which request it was. */
function world() {
  const { storage, calls, clear } = recording(memory())
  let logged = ''
  const logger = {
    debug() {},
    warn() {},
    error() {},
    info: (_message: string, fields?: { readonly [name: string]: unknown }) => {
      logged = String(fields?.['id'])
    },
  }
  const kit = ocikit({ storage, auth, logger })
  const wrong: string[] = []
  const request = async (method: string, path: string, sent: Sent = {}): Promise<Answer> => {
    clear()
    const answer = await send(kit, method, path, sent)
    for (const call of calls) {
      const why = complaint(call, logged, method)
      if (why)
        wrong.push(
          `${method} ${path.replace(/[A-Za-z0-9_-]{40,}/g, '...')}: ${call.method} ${call.key} ${why}`,
        )
    }
    return answer
  }
  return { request, wrong }
}

/** Signing keys are loaded once for all requests. */
function complaint({ key, context, method }: Call, requestId: string, verb: string): string | null {
  if (key === 'config/keys' || method === 'records.then') return null
  if (!context) return 'has no context'
  if (context.requestId !== requestId) return 'has that of another request'
  if (context.subject?.name !== 'ann' || context.action.method !== verb) return 'has a wrong one'
  return null
}

test('every call of the storage is given the context of its request, also when things go wrong', async () => {
  const { request, wrong } = world()
  const uploads = '/v2/a/blobs/uploads/'
  const begin = async (): Promise<string> => locationOf(await request('POST', uploads))
  const digest = digestOf(LOREM)

  // Whole, in chunks, by another algorithm, out of order, too short, with a wrong digest, twice, cancelled.
  await request('POST', withDigest(uploads, digest), { body: LOREM })
  await request('PUT', withDigest(await begin(), digest), { body: LOREM })
  const first = await request('PATCH', await begin(), { body: streamOf(1000).body })
  await request('PATCH', locationOf(first), { body: 'x', headers: { 'content-range': '7-7' } })
  await request('PATCH', locationOf(first), { body: 'x', headers: { 'content-length': '5' } })
  const second = await request('PATCH', locationOf(first), { body: 'x'.repeat(10) })
  await request('GET', locationOf(second))
  await request('PUT', withDigest(locationOf(second), digest))
  const sha512 = digestOf(`${'a'.repeat(1000)}${'x'.repeat(10)}`, 'sha512')
  await request('PUT', withDigest(locationOf(second), digestOf('wrong', 'sha512')))
  expect((await request('PUT', withDigest(locationOf(second), sha512))).status).toBe(201)
  expect((await request('PUT', withDigest(locationOf(second), sha512))).status).toBe(201)
  await request('PUT', withDigest(await begin(), digest), { body: 'wrong' })
  const broken = new ReadableStream<Uint8Array>({ pull: (c) => c.error(new Error('gone')) })
  await request('PATCH', await begin(), { body: broken })
  const cancelled = await request('PATCH', await begin(), { body: 'x' })
  await request('DELETE', locationOf(cancelled))
  await request('GET', locationOf(cancelled))

  // Mounts, reads, manifests, lists, deletes.
  await request('POST', `/v2/b/blobs/uploads/?mount=${digest}&from=a`)
  await request('POST', `/v2/c/blobs/uploads/?mount=${digest}`)
  await request('HEAD', `/v2/b/blobs/${digest}`)
  await request('GET', `/v2/b/blobs/${digest}`, { headers: { range: 'bytes=1-2' } })
  const subject = { mediaType: INDEX, digest: digestOf(emptyIndex('x')), size: 1 }
  const layer = { mediaType: INDEX, digest, size: LOREM.length }
  const missing = { ...layer, digest: digestOf('missing') }
  const type = { 'content-type': INDEX }
  for (const manifests of [[layer], [layer, missing]])
    await request('PUT', '/v2/a/manifests/v1', {
      headers: type,
      body: emptyIndex('v1', { subject, manifests }),
    })
  const v1 = (await request('GET', '/v2/a/manifests/v1')).headers.get('docker-content-digest')
  for (const path of [
    '/v2/a/tags/list',
    '/v2/_catalog',
    `/v2/a/referrers/${subject.digest}`,
    '/v2/zz/tags/list',
  ])
    await request('GET', path)
  await request('GET', `/v2/a/referrers/${subject.digest}?artifactType=a/b`)
  await request('DELETE', '/v2/a/manifests/v1')
  await request('PUT', '/v2/a/manifests/v2', {
    headers: type,
    body: emptyIndex('v1', { subject, manifests: [layer] }),
  })
  expect((await request('DELETE', `/v2/a/manifests/${v1}`)).status).toBe(202)
  expect((await request('DELETE', `/v2/a/blobs/${digest}`)).status).toBe(202)

  expect([...new Set(wrong)]).toEqual([])
})
