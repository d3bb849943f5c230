import { expect, test } from 'vitest'
import { utf8 } from '../../src/testing/storage/scope.ts'
import { content, digestOf, failureOf, refusal, reply, type Sent, wired } from './wire.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const BYTES = utf8(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }))
const DIGEST = digestOf(BYTES)
const SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
const PLAIN = 'application/vnd.docker.distribution.manifest.v1+json'

const manifest = (headers: Record<string, string> = {}, bytes = BYTES) =>
  content(bytes, { 'content-type': INDEX, ...headers })

test('what may be read is asked for, and nothing else refused', async () => {
  const { client, sent } = wired(() => manifest())
  await client.getManifest('a', 'latest')
  expect(sent[0]!.headers.get('accept')).toMatch(
    /^application\/vnd\.oci\.image\.index\.v1\+json, .*, \*\/\*$/,
  )
  expect(sent[0]!.headers.get('accept-encoding')).toBe('identity')
  const own = wired(() => manifest(), { accept: ['a/b', 'c/d'] })
  await own.client.getManifest('a', 'latest')
  expect(own.sent[0]!.headers.get('accept')).toBe('a/b, c/d')
})

test('a manifest is what its digest says, by tag what the registry says', async () => {
  const other = digestOf('other')
  const by = (reference: string, told?: string) =>
    wired(() => manifest(told === undefined ? {} : { 'docker-content-digest': told })).client.getManifest(
      'a',
      reference,
    )
  expect((await by(DIGEST)).descriptor.digest).toBe(DIGEST)
  expect((await by('latest')).descriptor.digest).toBe(DIGEST)
  const long = digestOf(BYTES, 'sha512')
  expect((await by('latest', long)).descriptor.digest).toBe(long)
  expect((await by(long, DIGEST)).descriptor.digest).toBe(long)
  expect((await by('latest', `blake3:${'a'.repeat(64)}`)).descriptor.digest).toBe(DIGEST)
  for (const wrong of [by(other), by('latest', other)])
    expect(await failureOf(wrong)).toMatchObject({ code: 'DIGEST_INVALID', status: 502 })
})

test('its type is that of the answer, without parameters, or its own; not another than its own', async () => {
  const typed = (type: string, bytes = BYTES) =>
    wired(() => manifest({ 'content-type': type }, bytes)).client.getManifest('a', 'latest')
  expect((await typed(`${INDEX}; charset=utf-8`)).descriptor.mediaType).toBe(INDEX)
  expect((await typed('application/json')).descriptor.mediaType).toBe(INDEX)
  expect((await typed('text/plain', utf8('{"config":{},"layers":[]}'))).descriptor.mediaType).toBe(
    'application/vnd.oci.image.manifest.v1+json',
  )
  expect((await failureOf(typed('application/vnd.oci.image.manifest.v1+json'))).status).toBe(502)
})

test('a manifest without end is not read', async () => {
  for (const headers of [{ 'content-length': '5000000' }, {}] as Record<string, string>[]) {
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    const { client } = wired(() => reply(200, headers, endless))
    expect((await failureOf(client.getManifest('a', 'latest'))).code).toBe('SIZE_INVALID')
    expect(pulled).toBeLessThan(70)
  }
})

test('HEAD where it tells everything, else GET', async () => {
  const heads: [number, Record<string, string>, number][] = [
    [
      200,
      { 'content-type': INDEX, 'content-length': String(BYTES.length), 'docker-content-digest': DIGEST },
      1,
    ],
    [200, { 'content-type': INDEX, 'content-length': String(BYTES.length) }, 2],
    [200, { 'content-type': INDEX, 'docker-content-digest': DIGEST }, 2],
    [200, { 'content-length': '7', 'docker-content-digest': DIGEST }, 2],
    [405, {}, 2],
  ]
  for (const [status, headers, requests] of heads) {
    const { client, sent } = wired(({ method }) => (method === 'HEAD' ? reply(status, headers) : manifest()))
    expect(await client.resolveManifest('a', 'latest')).toEqual({
      mediaType: INDEX,
      digest: DIGEST,
      size: BYTES.length,
    })
    expect(sent.length).toBe(requests)
  }
})

/** As libtrust signs: the payload without its last bytes, then signatures that hold those bytes. */
function signed(
  payload: string,
  change: (header: Record<string, unknown>, no: number) => unknown = (header) => header,
) {
  const encode = (text: string) => Buffer.from(text).toString('base64url')
  const cut = payload.length - 2
  const header = { formatLength: cut, formatTail: encode(payload.slice(cut)), time: '2015-01-01T00:00:00Z' }
  const signatures = [0, 1].map((no) => ({ protected: encode(JSON.stringify(change({ ...header }, no))) }))
  return utf8(`${payload.slice(0, cut)},\n   "signatures": ${JSON.stringify(signatures)}\n}`)
}

test('a signed manifest of schema 1 is unwrapped: its digest is that of the payload', async () => {
  const payload = '{\n   "schemaVersion": 1,\n   "name": "library/hello",\n   "tag": "latest"\n}'
  const digest = digestOf(payload)
  const envelope = () =>
    content(signed(payload), { 'content-type': `${SIGNED}; charset=utf-8`, 'docker-content-digest': digest })
  const { client } = wired(({ method }) => {
    const whole = envelope()
    return method === 'HEAD' ? reply(200, Object.fromEntries(whole.headers)) : whole
  })
  const found = await client.getManifest('a', digest)
  expect(new TextDecoder().decode(found.bytes)).toBe(payload)
  const descriptor = { mediaType: PLAIN, digest, size: payload.length }
  expect(found.descriptor).toEqual(descriptor)
  expect(await client.resolveManifest('a', 'latest')).toEqual(descriptor)
})

test('a malformed envelope of schema 1 is refused', async () => {
  const payload = '{"schemaVersion":1}'
  const envelopes = [
    utf8('no JSON'),
    utf8('null'),
    utf8('{}'),
    utf8('{"signatures":[]}'),
    utf8('{"signatures":[{}]}'),
    utf8('{"signatures":[{"protected":"%"}]}'),
    signed(payload, () => ({})),
    signed(payload, (header) => ({ ...header, formatLength: 1e9 })),
    signed(payload, (header) => ({ ...header, formatLength: -1 })),
    signed(payload, (header, no) => ({ ...header, formatLength: no })),
  ]
  for (const bytes of envelopes) {
    const { client } = wired(() => content(bytes, { 'content-type': SIGNED }))
    expect((await failureOf(client.getManifest('a', 'latest'))).code).toBe('MANIFEST_INVALID')
  }
})

test('one request stores a manifest with a tag; several tags go with it where the registry knows that', async () => {
  const tags = Array.from({ length: 12 }, (_, i) => `t${i}`)
  const knowing = ({ url }: Sent) => reply(201, { 'oci-tag': url.searchParams.getAll('tag').join(', ') })
  const one = wired(knowing)
  await one.client.pushManifest('a', BYTES, INDEX, { tags: ['latest'] })
  expect(one.lines()).toEqual(['PUT /v2/a/manifests/latest'])
  const many = wired(knowing)
  expect((await many.client.pushManifest('a', BYTES, INDEX, { tags })).tags).toEqual(tags)
  expect(many.sent.length).toBe(2)
  expect(many.sent[0]!.headers.get('content-type')).toBe(INDEX)
})

test('tags that are not confirmed are pushed one by one; so are too many for a URL', async () => {
  const partly = wired(({ url }) => reply(201, url.search === '' ? {} : { 'oci-tag': 'b' }))
  expect((await partly.client.pushManifest('a', BYTES, INDEX, { tags: ['a', 'b', 'c'] })).tags).toEqual([
    'a',
    'b',
    'c',
  ])
  expect(partly.lines().slice(1)).toEqual(['PUT /v2/a/manifests/a', 'PUT /v2/a/manifests/c'])
  const strict = wired(({ url }) => reply(url.search === '' ? 201 : 414))
  expect((await strict.client.pushManifest('a', BYTES, INDEX, { tags: ['a', 'b'] })).tags).toEqual(['a', 'b'])
})

test('tags that were set before a failure are named in it', async () => {
  const { client } = wired(({ url }) =>
    url.pathname.endsWith('/b') ? refusal(403, 'DENIED', 'not this one') : reply(201),
  )
  const error = await failureOf(client.pushManifest('a', BYTES, INDEX, { tags: ['a', 'b', 'c'] }))
  expect(error).toMatchObject({ code: 'DENIED', status: 403, detail: { tags: ['a'] } })
})

test('what the registry says it has stored has to be what was sent', async () => {
  const { client } = wired(() => reply(201, { 'docker-content-digest': digestOf('other') }))
  expect((await failureOf(client.pushManifest('a', BYTES, INDEX))).status).toBe(502)
  const wrong = client.pushManifest('a', BYTES, INDEX, { digest: digestOf('other') })
  expect(await failureOf(wrong)).toMatchObject({ code: 'DIGEST_INVALID', status: 400 })
})

test('a tag that cannot be deleted is not deleted by its digest', async () => {
  for (const status of [400, 405]) {
    const { client, sent } = wired(() => refusal(status, 'UNSUPPORTED'))
    expect((await failureOf(client.deleteTag('a', 'latest'))).code).toBe('UNSUPPORTED')
    expect(sent.length).toBe(1)
  }
})

test('a manifest in chunks of one byte', async () => {
  const bytes = utf8(
    JSON.stringify({ schemaVersion: 2, manifests: [], annotations: { a: 'x'.repeat(140_000) } }),
  )
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.subarray(at, ++at))
      else controller.close()
    },
  })
  const { client } = wired(() => reply(200, { 'content-length': String(bytes.length) }, body))
  expect((await client.getManifest('a', digestOf(bytes))).bytes.length).toBe(bytes.length)
})
