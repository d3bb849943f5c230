import { expect, test } from 'vitest'
import { noise, probe, utf8 } from '../../src/testing/storage/scope.ts'
import { session, sizesOf } from './session.ts'
import { digestOf, failureOf, HOST, refusal, reply, wired } from './wire.ts'

const BLOB = noise(100)
const DIGEST = digestOf(BLOB)

test('a blob goes in one request: no length is guessed, no range is sent', async () => {
  const { client, sent } = wired(session())
  expect(await client.pushBlob('a', { digest: DIGEST }, BLOB)).toMatchObject({ digest: DIGEST, size: 100 })
  expect(sent.map(({ method, body }) => `${method} ${body.length}`)).toEqual(['POST 0', 'PUT 100'])
  expect(sent[1]!.headers.get('content-range')).toBe(null)
})

test('the query of a Location goes back untouched, with the digest behind it', async () => {
  const { client, sent } = wired(session())
  await client.pushBlob('a', { digest: DIGEST }, BLOB)
  expect(sent[1]!.url.search).toBe(`?_state=1%2F&digest=${encodeURIComponent(DIGEST)}`)
})

test('docker 1.22: the chunk size is a ceiling', async () => {
  for (const body of [BLOB, probe(BLOB).stream]) {
    const { client, sent } = wired(session(), { chunkSize: 30 })
    await client.pushBlob('a', { digest: DIGEST }, body)
    expect(sizesOf(sent)).toEqual(['PATCH 30', 'PATCH 30', 'PATCH 30', 'PUT 10'])
    expect(sent.slice(1).map(({ headers }) => headers.get('content-range'))).toEqual([
      '0-29',
      '30-59',
      '60-89',
      '90-99',
    ])
  }
})

test('a blob of exactly one chunk, and of none', async () => {
  for (const [size, expected] of [
    [30, ['PUT 30']],
    [60, ['PATCH 30', 'PUT 30']],
    [0, ['PUT 0']],
  ] as const) {
    const { client, sent } = wired(session(), { chunkSize: 30 })
    await client.pushBlob('a', { digest: digestOf(BLOB.slice(0, size)) }, probe(BLOB.slice(0, size)).stream)
    expect(sizesOf(sent)).toEqual(expected)
  }
})

test('the sizes that the registry tells win', async () => {
  const sizes = async (hints: Record<string, string>, chunkSize?: number) => {
    const { client, sent } = wired(session(undefined, hints), chunkSize === undefined ? {} : { chunkSize })
    await client.pushBlob('a', { digest: DIGEST }, probe(BLOB).stream)
    return sizesOf(sent)
  }
  expect(await sizes({ 'oci-chunk-max-length': '60' })).toEqual(['PATCH 60', 'PUT 40'])
  expect(await sizes({ 'oci-chunk-max-length': '60' }, 80)).toEqual(['PATCH 60', 'PUT 40'])
  expect(await sizes({ 'oci-chunk-min-length': '50' }, 20)).toEqual(['PATCH 50', 'PUT 50'])
  expect(await sizes({ 'oci-chunk-max-length': '1000' })).toEqual(['PUT 100'])
})

test('docker 1.20: a chunk whose answer got lost is not sent again: the session is asked', async () => {
  const { client, sent } = wired(
    session(({ method }, no) => (method === 'PATCH' && no === 2 ? 'lost' : undefined)),
    { chunkSize: 30 },
  )
  await client.pushBlob('a', { digest: DIGEST }, probe(BLOB).stream)
  expect(sent.map(({ method, body }) => `${method} ${body.length}`)).toEqual([
    'POST 0',
    'PATCH 30',
    'PATCH 30',
    'GET 0',
    'PATCH 30',
    'PUT 10',
  ])
})

test('a chunk that never arrived is sent from where the session is', async () => {
  const { client, sent } = wired(
    session(({ method }, no) =>
      method === 'PATCH' && no === 2 ? new TypeError('other side closed') : undefined,
    ),
    { chunkSize: 30 },
  )
  await client.pushBlob('a', { digest: DIGEST }, probe(BLOB).stream)
  expect(sizesOf(sent)).toEqual(['PATCH 30', 'PATCH 30', 'PATCH 30', 'PATCH 30', 'PUT 10'])
})

test('an end whose answer got lost is known by the blob', async () => {
  for (const body of [BLOB, probe(BLOB).stream]) {
    const { client, sent } = wired(session(({ method }) => (method === 'PUT' ? 'lost' : undefined)))
    await client.pushBlob('a', { digest: DIGEST }, body)
    expect(sizesOf(sent)).toEqual(['PUT 100'])
    expect(sent.at(-1)!.method).toBe('HEAD')
  }
})

test('a stream is never sent twice', async () => {
  const { client, lines } = wired(
    session(({ method }) => (method === 'PUT' ? refusal(503, 'UNAVAILABLE') : undefined)),
  )
  const error = await failureOf(client.pushBlob('a', { digest: DIGEST }, probe(BLOB).stream))
  expect(error.status).toBe(503)
  expect(lines().filter((line) => line.startsWith('PUT')).length).toBe(1)
})

test('docker 1.28: what fails is cancelled at the registry', async () => {
  const { client, lines } = wired(
    session(({ method }) => (method === 'PUT' ? refusal(400, 'DIGEST_INVALID') : undefined)),
  )
  expect((await failureOf(client.pushBlob('a', { digest: DIGEST }, BLOB))).code).toBe('DIGEST_INVALID')
  expect(lines().at(-1)).toBe('DELETE /v2/a/blobs/uploads/1?_state=1%2F')
})

test('a session that was lost is begun anew as long as the bytes are there', async () => {
  let lost = 0
  const { client, lines } = wired(
    session(({ method }) =>
      method === 'PUT' && lost++ === 0 ? refusal(404, 'BLOB_UPLOAD_UNKNOWN') : undefined,
    ),
  )
  await client.pushBlob('a', { digest: DIGEST }, BLOB)
  expect(lines().map((line) => line.split(' ')[0])).toEqual(['POST', 'PUT', 'DELETE', 'POST', 'PUT'])
})

test('docker 1.23: 0-0 is one byte only for whoever knows it', async () => {
  const { client } = wired(session())
  const { id } = await client.startUpload('a')
  expect((await client.uploadStatus('a', id)).offset).toBe(0)
  const next = await client.writeUpload('a', id, utf8('x'), { offset: 0 })
  expect(next.offset).toBe(1)
  expect((await client.uploadStatus('a', next.id)).offset).toBe(1)
})

test('a Location may be a path, a whole URL, or have lost its s', async () => {
  for (const location of [
    '/v2/a/blobs/uploads/2',
    `${HOST}/v2/a/blobs/uploads/2`,
    'http://registry.test/v2/a/blobs/uploads/2',
    '2',
  ]) {
    const { client, sent } = wired(({ method }) =>
      method === 'POST' ? reply(202, { location }) : reply(201),
    )
    await client.pushBlob('a', { digest: DIGEST }, BLOB)
    expect(sent[1]!.url.href).toBe(`${HOST}/v2/a/blobs/uploads/2?digest=${encodeURIComponent(DIGEST)}`)
  }
})

test('a Location must not lead into the network of the client', async () => {
  for (const location of [
    'https://10.0.0.7/x',
    'https://localhost/x',
    'http://elsewhere.test/x',
    'https://[::ffff:127.0.0.1]/x',
  ]) {
    const { client, sent } = wired(() => reply(202, { location }), {}, 'https://registry.example')
    expect((await failureOf(client.pushBlob('a', { digest: DIGEST }, BLOB))).status).toBe(502)
    expect(sent.length).toBe(1)
  }
})

test('a mount asks the source, and takes 201 for a yes', async () => {
  const { client, lines } = wired(({ method }) =>
    method === 'HEAD' ? reply(200, { 'content-length': '100' }) : reply(201),
  )
  expect(await client.mountBlob('a', DIGEST, { from: 'b' })).toEqual({
    mediaType: 'application/octet-stream',
    digest: DIGEST,
    size: 100,
  })
  expect(lines()).toEqual([
    `HEAD /v2/b/blobs/${DIGEST}`,
    `POST /v2/a/blobs/uploads/?mount=${encodeURIComponent(DIGEST)}&from=b`,
  ])
})

test('a mount that is not possible leaves no session behind', async () => {
  const { client, lines } = wired(({ method }) =>
    method === 'HEAD'
      ? reply(200, { 'content-length': '100' })
      : method === 'POST'
        ? reply(202, { location: '/u/1' })
        : reply(204),
  )
  expect(await client.mountBlob('a', DIGEST, { from: 'b' })).toBe(null)
  expect(lines().at(-1)).toBe('DELETE /u/1')
  for (const status of [401, 403, 404, 405]) {
    const refused = wired(({ method }) =>
      method === 'HEAD' ? reply(200, { 'content-length': '1' }) : reply(status),
    )
    expect(await refused.client.mountBlob('a', DIGEST, { from: 'b' })).toBe(null)
  }
})

test('sha512 is announced', async () => {
  const { client, lines } = wired(session())
  await client.pushBlob('a', { digest: digestOf(BLOB, 'sha512') }, BLOB)
  expect(lines()[0]).toBe('POST /v2/a/blobs/uploads/?digest-algorithm=sha512')
})

test('of a stream no more is kept than 64 MiB, whatever the registry takes at once', async () => {
  const mib = new Uint8Array(1024 * 1024)
  const stream = (count: number) =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        if (count-- > 0) controller.enqueue(mib)
        else controller.close()
      },
    })
  const large = wired(session(undefined, { 'oci-chunk-max-length': '5000000000' }))
  await large.client.pushBlob('a', { digest: DIGEST }, stream(65))
  expect(sizesOf(large.sent)).toEqual([`PATCH ${64 * mib.length}`, `PUT ${mib.length}`])
  const absurd = wired(session(undefined, { 'oci-chunk-min-length': '900000000000000' }), { chunkSize: 30 })
  await absurd.client.pushBlob('a', { digest: DIGEST }, probe(BLOB).stream)
  expect(sizesOf(absurd.sent)).toEqual(['PUT 100'])
})

test('what was sent is behind what was there, also where the registry does not say so', async () => {
  const location = '/u/1'
  const { client } = wired(({ method }) =>
    method === 'GET' ? reply(204, { location, range: '0-9' }) : reply(202, { location }),
  )
  const { id } = await client.startUpload('a')
  const at = await client.uploadStatus('a', id)
  expect((await client.writeUpload('a', at.id, probe(BLOB).stream)).offset).toBe(110)
})

test('a registry that is gone is not asked again by every layer', async () => {
  const { client, sent } = wired(
    ({ method }) => (method === 'POST' ? reply(202, { location: '/u/1' }) : reply(503)),
    { chunkSize: 30, retry: { tries: 2, firstDelay: 1 } },
  )
  expect((await failureOf(client.pushBlob('a', { digest: DIGEST }, BLOB))).status).toBe(503)
  expect(sent.map(({ method }) => method)).toEqual([
    'POST',
    'PATCH',
    ...['GET', 'GET', 'GET'],
    ...['DELETE', 'DELETE', 'DELETE'],
  ])
})
