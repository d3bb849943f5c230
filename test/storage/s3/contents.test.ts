import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type S3Options, s3 } from '../../../adapters/storage/s3/index.ts'
import type { Digest } from '../../../src/oci/index.ts'
import { fakeStore, refusal } from './fake.ts'

const MIB = 1024 * 1024
const bytes = (text: string) => new TextEncoder().encode(text)
const digestOf = (body: Uint8Array, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(body).digest('hex')}` as Digest

async function stage(options: { streams?: boolean } = {}) {
  const fake = fakeStore()
  const { contents } = await s3({ ...fake.options, ...options })
  fake.requests.length = 0
  return { fake, contents }
}

describe('write', () => {
  test('is one PUT that the store verifies', async () => {
    const { fake, contents } = await stage()
    const body = bytes('content')
    for (const each of [body, new Blob([body]).stream()])
      await contents.write('content/x', each, { size: 7, digest: digestOf(body) })
    const sent = fake.requests.map(({ method, headers }) => [method, headers.get('x-amz-content-sha256')])
    expect(sent).toEqual([
      ['PUT', digestOf(body).slice(7)],
      ['PUT', digestOf(body).slice(7)],
    ])
    expect(fake.requests[1]?.headers.get('content-length')).toBe('7')
  })

  test('of other bytes than the digest says is refused', async () => {
    const { fake, contents } = await stage()
    const digest = digestOf(bytes('other'))
    for (const body of [bytes('content'), new Blob(['content']).stream()]) {
      const writing = contents.write('content/x', body, { size: 7, digest })
      await expect(writing).rejects.toMatchObject({ code: 'DIGEST_INVALID', status: 400 })
    }
    expect(fake.objects.has('content/x')).toBe(false)
  })

  test('by another digest is left to the engine', async () => {
    const { fake, contents } = await stage()
    const digest = digestOf(bytes('other'), 'sha512')
    await contents.write('content/x', new Blob(['content']).stream(), { size: 7, digest })
    expect(fake.requests[0]?.headers.get('x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD')
    expect(contents.verifies).toEqual(['sha256'])
  })

  test('of what is too large for one PUT goes in parts, and is verified all the same', async () => {
    const { fake, contents } = await stage({ streams: false })
    const body = new Uint8Array(33 * MIB).fill(7)
    const write = (digest: Digest) =>
      contents.write('content/x', new Blob([body]).stream(), { size: body.length, digest })
    await expect(write(digestOf(bytes('other')))).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
    expect(fake.uploads.size).toBe(0)
    expect(fake.objects.has('content/x')).toBe(false)
    fake.requests.length = 0
    await write(digestOf(body))
    expect(
      fake.requests.filter(({ method }) => method === 'PUT').map(({ body }) => body.length / MIB),
    ).toEqual([16, 16, 1])
    expect(digestOf(fake.objects.get('content/x')!.bytes)).toBe(digestOf(body))
  })

  test.each([-1, 1])('in parts, of %i byte more or less than announced', async (more) => {
    const { fake, contents } = await stage({ streams: false })
    const body = new Blob([new Uint8Array(17 * MIB)]).stream()
    await expect(contents.write('content/x', body, { size: 17 * MIB + more })).rejects.toMatchObject({
      code: 'SIZE_INVALID',
    })
    expect(fake.uploads.size).toBe(0)
    expect(fake.objects.has('content/x')).toBe(false)
  })

  test.each([0, 2])(
    'that the store refuses after %i chunks: a client may try again, and its body is let go',
    async (count) => {
      const { fake } = await stage()
      const { contents } = await s3({ ...fake.options, fetch: early(fake.options.fetch!, count) })
      let cancelled = false
      const body = new ReadableStream<Uint8Array>(
        {
          pull: (controller) => controller.enqueue(new Uint8Array(10)),
          cancel: () => {
            cancelled = true
          },
        },
        { highWaterMark: 0 },
      )
      const writing = contents.write('content/x', body, { size: 1000 })
      await expect(writing).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503 })
      expect(cancelled).toBe(true)
    },
  )
})

/** A store that reads some chunks of a stream and then says that it is busy. */
function early(fetch: NonNullable<S3Options['fetch']>, count: number): NonNullable<S3Options['fetch']> {
  return async (url, init) => {
    if (!(init.body instanceof ReadableStream)) return fetch(url, init)
    const reader = init.body.getReader()
    for (let i = 0; i < count; i++) await reader.read()
    return refusal(503, 'SlowDown')
  }
}

describe('seal', () => {
  const begin = async () => {
    const { fake, contents } = await stage()
    const handle = await contents.open('content/x')
    const piece = {
      no: 1,
      ...(await contents.piece('content/x', handle, { no: 1, offset: 0, size: 3 }, bytes('abc'))),
    }
    const seal = (size = 3) => contents.seal('content/x', handle, [piece], { size })
    return { fake, contents, handle, piece, seal }
  }

  test('an answer that was lost: the size decides', async () => {
    const { fake, seal } = await begin()
    fake.after = () => {
      fake.after = () => undefined
      return new TypeError('socket closed')
    }
    expect(await seal()).toBe('content/x')
    expect(fake.requests.at(-1)?.method).toBe('HEAD')
  })

  test('an answer that begins well and ends in an error is no success', async () => {
    const { fake, seal } = await begin()
    const late = (code: string) => () =>
      new Response(`<?xml version="1.0"?>\n  <Error><Code>${code}</Code></Error>`)
    fake.before = late('EntityTooSmall')
    await expect(seal()).rejects.toThrow('did not complete a multipart upload: EntityTooSmall')
    fake.before = ({ method }) => (method === 'POST' ? late('InvalidPart')() : undefined)
    await expect(seal()).rejects.toMatchObject({ code: 'BLOB_UPLOAD_INVALID' })
    let left = 2
    fake.before = () => (left-- > 0 ? late('InternalError')() : undefined)
    expect(await seal()).toBe('content/x')
  })

  test('a piece that another writer replaced fails it', async () => {
    const { contents, handle, seal } = await begin()
    await contents.piece('content/x', handle, { no: 1, offset: 0, size: 3 }, bytes('xyz'))
    await expect(seal()).rejects.toMatchObject({ code: 'BLOB_UPLOAD_INVALID' })
  })

  test('an upload that is gone: whoever writes or seals learns whether anything is lost', async () => {
    const { contents, handle, seal } = await begin()
    const add = () => contents.piece('content/x', handle, { no: 2, offset: 3, size: 3 }, bytes('def'))
    await seal()
    await expect(add()).rejects.toThrow('the content at content/x is sealed')
    await contents.remove(['content/x'])
    await expect(add()).rejects.toMatchObject({ code: 'BLOB_UPLOAD_INVALID' })
    await expect(seal()).rejects.toMatchObject({ code: 'BLOB_UPLOAD_INVALID' })
  })
})

test('abandon without a handle ends all uploads at the place, and no other', async () => {
  const { fake, contents } = await stage()
  await contents.open('content/x')
  await contents.open('content/x')
  await contents.open('content/xy')
  await contents.abandon('content/x', '')
  expect([...fake.uploads.values()].map(({ object }) => object)).toEqual(['content/xy'])
})

describe('read', () => {
  const body = new Uint8Array(300_000).map((_, i) => i % 251)
  const begin = async () => {
    const { fake, contents } = await stage()
    await contents.write('content/x', body, { size: body.length })
    fake.requests.length = 0
    return { fake, contents }
  }
  const drain = async (stream: ReadableStream<Uint8Array>) =>
    new Uint8Array(await new Response(stream as BodyInit).arrayBuffer())

  test('is one request', async () => {
    const { fake, contents } = await begin()
    const content = await contents.read('content/x', { offset: 10, length: 100 })
    expect(await drain(content!.stream())).toEqual(body.slice(10, 110))
    expect(fake.requests.map(({ method, headers }) => [method, headers.get('range')])).toEqual([
      ['GET', 'bytes=10-109'],
    ])
  })

  test('a stream that breaks off goes on where it was', async () => {
    const { fake, contents } = await begin()
    let left = 2
    fake.after = ({ headers }) => {
      const start = Number(/=(\d+)/.exec(headers.get('range') ?? '')?.[1] ?? 0)
      if (left-- <= 0) return undefined
      const piece = body.slice(start, start + 1000)
      const broken = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (left % 2 === 0) controller.enqueue(piece)
          controller.error(new TypeError('terminated'))
        },
      })
      const range = { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }
      const size = { 'content-length': `${body.length - start}`, etag: '"e"' }
      fake.objects.set('content/x', { ...fake.objects.get('content/x')!, etag: '"e"' })
      return new Response(broken, { status: start > 0 ? 206 : 200, headers: { ...size, ...range } })
    }
    const read = await drain((await contents.read('content/x'))!.stream())
    expect(digestOf(read)).toBe(digestOf(body))
    expect(fake.requests.length).toBe(3)
    expect(fake.requests[1]?.headers.get('if-match')).toBe('"e"')
  })

  test('a stream that always breaks off fails', async () => {
    const { fake, contents } = await begin()
    fake.after = () => {
      const headers = { 'content-length': '300000', 'content-range': 'bytes 0-299999/300000', etag: '"e"' }
      return new Response(new ReadableStream({ pull: (c) => c.error(new TypeError('terminated')) }), {
        status: 206,
        headers,
      })
    }
    const content = await contents.read('content/x')
    await expect(content!.stream().getReader().read()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(fake.requests.length).toBe(4)
  })

  test('an answer that nobody reads is given back', async () => {
    const { fake, contents } = await begin()
    let cancelled = false
    fake.after = () => {
      fake.after = () => undefined
      const stream = new ReadableStream<Uint8Array>({
        cancel: () => {
          cancelled = true
        },
      })
      return new Response(stream, { headers: { 'content-length': '300000' } })
    }
    const content = await contents.read('content/x')
    await expect.poll(() => cancelled).toBe(true)
    expect(digestOf(await drain(content!.stream()))).toBe(digestOf(body))
  })

  test('a range outside is an error', async () => {
    const { contents } = await begin()
    for (const [offset, length] of [
      [300_000, 1],
      [299_999, 2],
      [300_001, 0],
      [-1, 1],
    ] as const)
      await expect(contents.read('content/x', { offset, length })).rejects.toThrow('outside')
  })
})
