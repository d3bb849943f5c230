import { expect, test } from 'vitest'
import { noise, utf8 } from '../../src/testing/storage/scope.ts'
import { breaking, content, digestOf, failureOf, refusal, reply, type Sent, wired } from './wire.ts'

const LETTERS = Uint8Array.from(utf8('abcdefghijklmnopqrstuvwxyz'))
const DIGEST = digestOf(LETTERS)

/** What a server of ranges answers. */
function ranged({ headers }: Sent, bytes = LETTERS): Response {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.get('range') ?? '')!
  const end = last ? Number(last) + 1 : bytes.length
  const part = bytes.slice(Number(first), end)
  const range = `bytes ${first}-${end - 1}/${bytes.length}`
  return reply(206, { 'content-length': String(part.length), 'content-range': range }, part)
}

const broken = (bytes: Uint8Array, headers: Record<string, string> = {}) =>
  reply(200, { 'content-length': '26', ...headers }, breaking(bytes.slice(0, 4), bytes.slice(4, 10)))

async function textOf(client: ReturnType<typeof wired>['client']): Promise<string> {
  return new TextDecoder().decode(await (await client.getBlob('a', DIGEST)).bytes())
}

test('a broken download goes on where it was, by Range and If-Range', async () => {
  const { client, sent } = wired((request, no) =>
    no === 0 ? broken(LETTERS, { etag: '"x"' }) : ranged(request),
  )
  expect(await textOf(client)).toBe('abcdefghijklmnopqrstuvwxyz')
  expect(sent.map(({ headers }) => [headers.get('range'), headers.get('if-range')])).toEqual([
    [null, null],
    ['bytes=10-25', '"x"'],
  ])
})

test('a weak validator is not sent', async () => {
  const { client, sent } = wired((request, no) =>
    no === 0 ? broken(LETTERS, { etag: 'W/"x"' }) : ranged(request),
  )
  await textOf(client)
  expect(sent[1]!.headers.get('if-range')).toBe(null)
})

test('a registry that knows no ranges sends the whole again: what was there is skipped', async () => {
  const { client, sent } = wired((_, no) => (no === 0 ? broken(LETTERS) : content(LETTERS)))
  expect(await textOf(client)).toBe('abcdefghijklmnopqrstuvwxyz')
  expect(sent.length).toBe(2)
})

test('a registry that refuses every range sends the whole again; so does one that has lost bytes', async () => {
  const whole = [LETTERS, LETTERS.slice(0, 12)]
  for (const [no, bytes] of whole.entries()) {
    const { client, sent } = wired(({ headers }, at) => {
      if (at === 0) return broken(LETTERS)
      return headers.has('range') ? refusal(416, 'RANGE_INVALID') : content(bytes)
    })
    const text = textOf(client)
    if (no === 0) expect(await text).toBe('abcdefghijklmnopqrstuvwxyz')
    else expect((await failureOf(text)).code).toBe('UNAVAILABLE')
    expect(sent.slice(0, 3).map(({ headers }) => headers.get('range'))).toEqual([null, 'bytes=10-25', null])
  }
})

test('a body that only ends early is gone on with, too', async () => {
  const { client } = wired((request, no) =>
    no === 0 ? reply(200, { 'content-length': '26' }, LETTERS.slice(0, 3)) : ranged(request),
  )
  expect(await textOf(client)).toBe('abcdefghijklmnopqrstuvwxyz')
})

test('one that breaks again and again ends with a clear error', async () => {
  const { client, sent } = wired((_, no) =>
    no === 0 ? broken(LETTERS) : new TypeError('connection refused'),
  )
  const error = await failureOf(textOf(client))
  expect([error.code, error.status]).toEqual(['UNAVAILABLE', 503])
  expect(error.message).toContain('registry.test')
  expect(sent.length).toBeLessThan(30)
})

test('a part of a broken download goes on within its bounds', async () => {
  const { client, sent } = wired((request, no) =>
    no === 0
      ? reply(
          206,
          { 'content-range': 'bytes 5-14/26', 'content-length': '10' },
          breaking(LETTERS.slice(5, 8)),
        )
      : ranged(request),
  )
  const part = await client.getBlob('a', DIGEST, { range: { first: 5, last: 14 } })
  expect(new TextDecoder().decode(await part.bytes())).toBe('fghijklmno')
  expect(sent[1]!.headers.get('range')).toBe('bytes=8-14')
})

test('other bytes than those of the digest: the last ones never come', async () => {
  const wrong = noise(100_000)
  const { client } = wired(() => content(wrong))
  const stream = (await client.getBlob('a', DIGEST)).stream()
  const reader = stream.getReader()
  let count = 0
  const error = await failureOf(
    (async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) count += next.value.length
    })(),
  )
  expect([error.code, error.status]).toEqual(['DIGEST_INVALID', 502])
  expect(count).toBeLessThan(wrong.length)
})

test('more bytes than announced', async () => {
  const { client, sent } = wired(() => reply(200, { 'content-length': '20' }, LETTERS))
  expect((await failureOf(textOf(client))).code).toBe('SIZE_INVALID')
  expect(sent.length).toBe(1)
})

test('docker 1.3a: a 200 for a range is cut to the range', async () => {
  const { client } = wired(() => content(LETTERS))
  const text = async (range: { first: number; last?: number } | { suffix: number }) => {
    const part = await client.getBlob('a', DIGEST, { range })
    expect(part.descriptor.size).toBe(26)
    return new TextDecoder().decode(await part.bytes())
  }
  expect(await text({ first: 2, last: 4 })).toBe('cde')
  expect(await text({ first: 24 })).toBe('yz')
  expect(await text({ suffix: 3 })).toBe('xyz')
  expect((await failureOf(client.getBlob('a', DIGEST, { range: { first: 26 } }))).code).toBe('RANGE_INVALID')
})

test('a 206 of another range is refused', async () => {
  const { client } = wired(() => reply(206, { 'content-range': 'bytes 0-3/26' }, LETTERS.slice(0, 4)))
  expect((await failureOf(client.getBlob('a', DIGEST, { range: { first: 2, last: 5 } }))).status).toBe(502)
})

test('the size of an answer that does not tell it is asked for', async () => {
  const { client, lines } = wired(({ method }) =>
    method === 'HEAD' ? reply(200, { 'content-length': '26' }) : reply(200, {}, LETTERS),
  )
  expect(await textOf(client)).toBe('abcdefghijklmnopqrstuvwxyz')
  expect(lines()).toEqual([`GET /v2/a/blobs/${DIGEST}`, `HEAD /v2/a/blobs/${DIGEST}`])
})

test('HEAD that is not allowed, or tells nothing: the first byte does', async () => {
  for (const status of [200, 405]) {
    const { client, lines } = wired((request) =>
      request.method === 'HEAD' ? reply(status) : ranged(request),
    )
    expect((await client.resolveBlob('a', DIGEST)).size).toBe(26)
    expect(lines().length).toBe(2)
  }
})

test('a compressed answer says nothing about the size', async () => {
  const { client } = wired((request) =>
    request.method === 'HEAD'
      ? reply(200, { 'content-length': '7', 'content-encoding': 'gzip' })
      : ranged(request),
  )
  expect((await client.resolveBlob('a', DIGEST)).size).toBe(26)
})

test('a stall is not waited for', async () => {
  const stalled = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) })
  const { client } = wired(
    (request, no) => (no === 0 ? reply(200, { 'content-length': '26' }, stalled()) : ranged(request)),
    {
      timeout: 30,
    },
  )
  expect(await textOf(client)).toBe('abcdefghijklmnopqrstuvwxyz')
})

test('a content that is not opened lets go of its connection', async () => {
  let cancelled = false
  const stream = new ReadableStream({
    cancel() {
      cancelled = true
    },
  })
  const { client } = wired(() => reply(200, { 'content-length': '26' }, stream))
  await (await client.getBlob('a', DIGEST))[Symbol.asyncDispose]()
  expect(cancelled).toBe(true)
})

test('memory holds a chunk, however long the blob', async () => {
  const chunk = noise(64 * 1024)
  let given = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        given++
        controller.enqueue(chunk)
      },
    },
    { highWaterMark: 0 },
  )
  const { client } = wired(() => reply(200, { 'content-length': String(chunk.length * 1000) }, body))
  const reader = (await client.getBlob('a', DIGEST)).stream().getReader()
  for (let i = 0; i < 10; i++) await reader.read()
  expect(given).toBeLessThan(16)
  await reader.cancel()
})

test('a connection that breaks behind the last byte has brought everything', async () => {
  const { client, sent } = wired(() => reply(200, { 'content-length': '26' }, breaking(LETTERS)))
  expect(await textOf(client)).toBe('abcdefghijklmnopqrstuvwxyz')
  expect(sent.length).toBe(1)
})

test('a download does not go on with something of another size', async () => {
  const { client } = wired((request, no) =>
    no === 0
      ? reply(206, { 'content-range': 'bytes 5-14/26' }, breaking(LETTERS.slice(5, 8)))
      : ranged(request, LETTERS.slice(0, 20)),
  )
  const part = await client.getBlob('a', DIGEST, { range: { first: 5, last: 14 } })
  expect((await failureOf(part.bytes())).message).toContain('another range')
})

test('a reader that leaves while a download is taken up again leaves no body behind', async () => {
  let reached = (): void => {}
  const asked = new Promise<void>((resolve) => {
    reached = resolve
  })
  let answer = (_: Response): void => {}
  const second = new Promise<Response>((resolve) => {
    answer = resolve
  })
  const { client } = wired((_, no) => {
    if (no === 0) return broken(LETTERS)
    reached()
    return second
  })
  const reader = (await client.getBlob('a', DIGEST)).stream().getReader()
  await reader.read()
  const read = reader.read().then(() => reader.read())
  await asked
  await reader.cancel()
  const cancelled = new Promise<void>((resolve) => {
    answer(reply(206, { 'content-range': 'bytes 10-25/26' }, new ReadableStream({ cancel: () => resolve() })))
  })
  await cancelled
  expect((await read).done).toBe(true)
})

test('letting go of a content whose stream has failed is no second failure', async () => {
  const { client } = wired(() => content(noise(26)))
  const found = await client.getBlob('a', DIGEST)
  const reader = found.stream().getReader()
  expect((await failureOf(reader.read())).code).toBe('DIGEST_INVALID')
  reader.releaseLock()
  await found[Symbol.asyncDispose]()
})
