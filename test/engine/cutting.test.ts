import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Digest } from '../../src/oci/index.ts'
import type { Body } from '../../src/registry.ts'
import { MINIATURE, TINY_MEMORY } from './shapes.ts'
import { DAY, digestOf, keysOf, occupied, placeOf, type Stage, stage, valuesOf } from './stage.ts'

/** A request with bytes: how many, in chunks of which lengths, and what is said of them. */
interface Part {
  readonly size: number
  readonly chunks: readonly number[]
  readonly declared: boolean
  readonly placed: boolean
  /** The runtime is started again before it. */
  readonly restarted: boolean
}

const part = (maxLength: number): fc.Arbitrary<Part> =>
  fc.record({
    size: fc.nat(maxLength),
    chunks: fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
    declared: fc.boolean(),
    placed: fc.boolean(),
    restarted: fc.boolean(),
  })

/** Bytes in chunks of these lengths, over and over. */
function streamOf(bytes: Uint8Array, lengths: readonly number[]): Body {
  const some = lengths.some((length) => length > 0) ? lengths : [1]
  let at = 0
  let turn = 0
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close()
        const end = at + some[turn++ % some.length]!
        controller.enqueue(bytes.slice(at, end))
        at = end
      },
    },
    { highWaterMark: 0 },
  )
}

function noise(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed * 17 + (at >> 3)) & 255)
}

function join(...all: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(all.flatMap((bytes) => [...bytes]))
}

async function readBack(on: Stage, digest: Digest): Promise<Digest> {
  const content = await on.store.getBlob('a', digest)
  return digestOf(await content.bytes())
}

describe.each(Object.entries(MINIATURE))('bytes that are cut for %s', (_, shape) => {
  const on = (): Stage => stage({ shape, uploadMemory: TINY_MEMORY })
  /** 79 bytes are what ten pieces of eight bytes hold. */
  const parts = fc
    .array(part(25), { maxLength: 8 })
    .filter((all) => all.reduce((sum, { size }) => sum + size, 0) < 50)

  test('in any requests, of any chunks, over any restarts, are right', async () => {
    const last = fc.option(part(29), { nil: null })
    await fc.assert(
      fc.asyncProperty(parts, last, fc.boolean(), fc.boolean(), async (all, end, sha512, hinted) => {
        const algorithm = sha512 ? 'sha512' : 'sha256'
        const now = on()
        let store = now.store
        let { id } = await store.startUpload('a', hinted ? { algorithm } : {})
        let whole = new Uint8Array(0) as Uint8Array
        for (const [seed, one] of all.entries()) {
          if (one.restarted) store = now.another()
          const bytes = noise(one.size, seed)
          const upload = await store.writeUpload('a', id, streamOf(bytes, one.chunks), {
            ...(one.declared ? { size: one.size } : {}),
            ...(one.placed ? { offset: whole.length } : {}),
          })
          whole = join(whole, bytes)
          expect(upload.offset).toBe(whole.length)
          id = upload.id
        }
        if (end?.restarted !== false) store = now.another()
        const rest = noise(end?.size ?? 0, 99)
        whole = join(whole, rest)
        const options = end
          ? { body: streamOf(rest, end.chunks), ...(end.declared ? { size: end.size } : {}) }
          : {}
        const digest = digestOf(whole, algorithm)
        const wrong = digestOf('wrong', algorithm)
        const again = end ? { ...options, body: streamOf(rest, end.chunks) } : {}
        await expect(store.finishUpload('a', id, wrong, again)).rejects.toMatchObject({
          code: 'DIGEST_INVALID',
        })
        const done = await store.finishUpload('a', id, digest, options)
        expect(done.size).toBe(whole.length)
        expect(await readBack(now, digest)).toBe(digestOf(whole))
        now.pass(3 * DAY)
        await now.store.sweep()
        expect(await keysOf(now.inner, 'uploads/')).toEqual([])
        // What has the digest of a blob is the collector's to judge.
        const noted = (await valuesOf(now.inner, 'gc/content/')).map(({ place }) => place)
        const left = (await occupied(now)).filter((place) => !noted.includes(place))
        expect(left).toEqual([await placeOf(now.inner, digest)])
      }),
      { numRuns: 150 },
    )
  })

  test('in one request are right', async () => {
    await fc.assert(
      fc.asyncProperty(part(79), async ({ size, chunks, declared }) => {
        const now = on()
        const whole = noise(size, 1)
        const digest = digestOf(whole)
        await now.store.pushBlob('a', { digest, ...(declared ? { size } : {}) }, streamOf(whole, chunks))
        expect(await readBack(now, digest)).toBe(digest)
      }),
      { numRuns: 150 },
    )
  })

  test('that break off count up to there, or not at all, and can be gone on with', async () => {
    await fc.assert(
      fc.asyncProperty(part(40), fc.nat(40), fc.nat(7), async (one, where, before) => {
        const now = on()
        const whole = noise(before + one.size, 2)
        const { id } = await now.store.startUpload('a')
        const first = await now.store.writeUpload('a', id, whole.slice(0, before))
        const cut = Math.min(where, one.size)
        const broken = breaking(streamOf(whole.slice(before, before + cut), one.chunks))
        const options = {
          ...(one.placed ? { offset: before } : {}),
          ...(one.declared ? { size: one.size } : {}),
        }
        await expect(now.store.writeUpload('a', first.id, broken, options)).rejects.toThrow('broke')
        const store = one.restarted ? now.another() : now.store
        const { id: next, offset } = await store.uploadStatus('a', first.id)
        if (!one.placed) expect(offset).toBe(before)
        else if (!one.declared) expect(offset).toBe(before + cut)
        else expect(offset).toBeGreaterThanOrEqual(before)
        expect(offset).toBeLessThanOrEqual(before + cut)
        const digest = digestOf(whole)
        await store.finishUpload('a', next, digest, { body: whole.slice(offset), offset })
        expect(await readBack(now, digest)).toBe(digest)
      }),
      { numRuns: 200 },
    )
  })

  test.each([3, 30])('of another number than announced (%s) count not at all', async (size) => {
    const now = on()
    const whole = noise(size, 3)
    const { id } = await now.store.startUpload('a')
    for (const wrong of [size - 1, size + 1, size + 20]) {
      for (const body of [whole, streamOf(whole, [4])]) {
        const writing = now.store.writeUpload('a', id, body, { offset: 0, size: wrong })
        await expect(writing).rejects.toMatchObject({ code: 'SIZE_INVALID' })
        expect((await now.store.uploadStatus('a', id)).offset).toBe(0)
        const pushing = now.store.finishUpload('a', id, digestOf(whole), {
          body: body instanceof Uint8Array ? body : streamOf(whole, [4]),
          size: wrong,
        })
        await expect(pushing).rejects.toMatchObject({ code: 'SIZE_INVALID' })
      }
    }
    await now.store.finishUpload('a', id, digestOf(whole), { body: whole, size })
    expect(await readBack(now, digestOf(whole))).toBe(digestOf(whole))
  })

  test('tails that no state names are gone, and all the rest when a session is cancelled and swept', async () => {
    const now = on()
    let { id } = await now.store.startUpload('a')
    for (const size of [3, 1, 6, 2, 9]) ({ id } = await now.store.writeUpload('a', id, noise(size, size)))
    const tails = (await occupied(now)).filter((place) => place.endsWith('t'))
    expect(tails.length).toBeLessThanOrEqual(1)
    await now.store.cancelUpload('a', id)
    expect((await occupied(now)).filter((place) => place.endsWith('t'))).toEqual([])
    now.pass(3 * DAY)
    await now.store.sweep()
    expect(await occupied(now)).toEqual([])
  })
})

/** The same bytes, and then an error. */
function breaking(body: Body): Body {
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.error(new Error('the connection broke'))
        else controller.enqueue(value)
      },
    },
    { highWaterMark: 0 },
  )
}
