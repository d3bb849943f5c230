/** Large blobs in chunks, over lines that break. */

import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { RegistryError } from '../../src/oci/index.ts'
import { passThrough, type Registry } from '../../src/registry.ts'
import { faultyFetch, testRegistry } from '../../src/testing/index.ts'
import { digestOf, sampleOf } from '../../src/testing/registry/samples.ts'
import { noise } from '../../src/testing/storage/scope.ts'
import { uploadBlob } from '../../src/transfer/index.ts'
import { Random } from '../crash/random.ts'

const MIB = 1024 * 1024
const STEP = 64 * 1024

type Write = Registry['writeUpload']

/** A store that writes down its chunks; `write` may do something else with each of them. */
async function stage(size: number, write?: (no: number, next: Write) => Write) {
  const store = createStore({ storage: memory() })
  const blob = await sampleOf(noise(size, 7))
  const chunks: string[] = []
  const state = { given: 0, confirmed: 0, most: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.given === size) return controller.close()
        controller.enqueue(blob.bytes.slice(state.given, state.given + STEP))
        state.given = Math.min(size, state.given + STEP)
        state.most = Math.max(state.most, state.given - state.confirmed)
      },
      cancel() {
        state.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  const registry = passThrough(store, {
    pushBlob(repo, wanted, bytes, options) {
      chunks.push(bytes instanceof Uint8Array ? `whole ${bytes.length}` : 'stream')
      return store.pushBlob(repo, wanted, bytes, options)
    },
    async writeUpload(repo, id, bytes, options) {
      chunks.push(`${options?.offset}+${(bytes as Uint8Array).length}`)
      const next = write?.(chunks.length, store.writeUpload) ?? store.writeUpload
      const upload = await next(repo, id, bytes, options)
      state.confirmed = upload.offset
      return upload
    },
    finishUpload(repo, id, digest, options = {}) {
      chunks.push(`${options.offset}+${(options.body as Uint8Array).length}.`)
      return store.finishUpload(repo, id, digest, options)
    },
  })
  const wanted = { digest: blob.digest, size }
  const isThere = async () => digestOf(await (await store.getBlob('app', blob.digest)).bytes(size))
  return { store, registry, blob, wanted, body, chunks, state, isThere }
}

const inMib = (chunks: readonly string[]) =>
  chunks.map((chunk) => chunk.replace(/\d+/g, (bytes) => String(Number(bytes) / MIB)))

test('chunks grow while all is well, and no more is in memory than may be', async () => {
  const { registry, wanted, body, chunks, state, blob, isThere } = await stage(16 * MIB)
  const pushed = await uploadBlob(registry, 'app', wanted, body, { memory: 8 * MIB })
  expect(pushed).toMatchObject(wanted)
  expect(await isThere()).toBe(blob.digest)
  expect(inMib(chunks)).toEqual(['0+1', '1+2', '3+4', '7+4', '11+4', '15+1.'])
  expect(state.most).toBeLessThanOrEqual(4 * MIB + STEP)
})

test('a small blob goes in one request, also an empty one', async () => {
  for (const size of [0, 1000, MIB]) {
    const { registry, wanted, body, chunks, blob, isThere } = await stage(size)
    await uploadBlob(registry, 'app', wanted, body)
    expect(chunks).toEqual([`whole ${size}`])
    expect(await isThere()).toBe(blob.digest)
  }
})

test('after a failure it goes on where the session is, with shorter chunks', async () => {
  const { registry, wanted, body, chunks, state, blob, isThere } = await stage(9 * MIB, (no, next) => {
    // Of the third chunk a part arrives, of the fourth all but the answer.
    if (no !== 3 && no !== 4) return next
    return async (repo, id, bytes, { size: _, ...options } = {}) => {
      await next(repo, id, no === 3 ? (bytes as Uint8Array).slice(0, MIB) : bytes, options)
      throw new TypeError('other side closed')
    }
  })
  await uploadBlob(registry, 'app', wanted, body, { memory: 8 * MIB })
  expect(inMib(chunks)).toEqual(['0+1', '1+2', '3+4', '4+2', '6+1', '7+2.'])
  expect(await isThere()).toBe(blob.digest)
  expect(state.most).toBeLessThanOrEqual(8 * MIB + STEP)
})

test('the wishes of the registry are kept', async () => {
  for (const [hints, expected] of [
    [{ maxChunk: 2 * MIB }, ['0+1', '1+2', '3+2', '5+1.']],
    [{ minChunk: 3 * MIB }, ['0+3', '3+3.']],
    // More than there is room for.
    [{ minChunk: 5 * MIB }, ['stream']],
  ] as const) {
    const { registry, wanted, body, chunks, blob, isThere } = await stage(6 * MIB)
    const wishing = passThrough(registry, {
      startUpload: async (repo, options) => ({ ...(await registry.startUpload(repo, options)), ...hints }),
    })
    await uploadBlob(wishing, 'app', wanted, body, { memory: 8 * MIB })
    expect(inMib(chunks)).toEqual(expected)
    expect(await isThere()).toBe(blob.digest)
  }
})

test('an end whose answer got lost is known by the blob', async () => {
  const { registry, wanted, body, blob, isThere } = await stage(3 * MIB)
  let ends = 0
  const losing = passThrough(registry, {
    async finishUpload(...args) {
      await registry.finishUpload(...args)
      ends++
      throw new TypeError('other side closed')
    },
  })
  await uploadBlob(losing, 'app', wanted, body)
  expect([ends, await isThere()]).toEqual([1, blob.digest])
})

test('what cannot pass is told: a session or bytes that are lost, wrong bytes, a refusal', async () => {
  const lost = new RegistryError('BLOB_UPLOAD_UNKNOWN', 'gone', { status: 404 })
  const refused = new RegistryError('DENIED', 'no', { status: 403 })
  for (const error of [lost, refused]) {
    const { registry, wanted, body, state } = await stage(8 * MIB, (no, next) => {
      if (no === 1) return next
      return () => Promise.reject(error)
    })
    await expect(uploadBlob(registry, 'app', wanted, body)).rejects.toBe(error)
    expect(state.cancelled).toBe(true)
  }
  const forgetful = await stage(8 * MIB)
  const back = passThrough(forgetful.registry, {
    uploadStatus: async (_, id) => ({ id, offset: 0 }),
    finishUpload: () => Promise.reject(new TypeError('other side closed')),
  })
  await expect(uploadBlob(back, 'app', forgetful.wanted, forgetful.body)).rejects.toMatchObject({
    code: 'RANGE_INVALID',
    message: 'the session goes on at byte 0, whose bytes are not here',
  })
  const other = await stage(2 * MIB)
  const wrong = { ...other.wanted, digest: (await sampleOf(noise(9))).digest }
  const pushing = uploadBlob(other.registry, 'app', wrong, other.body)
  await expect(pushing).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
})

test('a registry that takes nothing of a chunk is given up', async () => {
  const { registry, wanted, body, chunks, state } = await stage(3 * MIB, () => async (_, id) => ({
    id,
    offset: 0,
  }))
  const pushing = uploadBlob(registry, 'app', wanted, body, { tries: 1 })
  await expect(pushing).rejects.toMatchObject({ message: 'the registry took nothing of a chunk' })
  expect([chunks, state.cancelled]).toEqual([['0+1048576', '0+524288'], true])
})

test('a body of another size, and one that fails, leave nothing behind', async () => {
  for (const size of [5 * MIB - 1, 5 * MIB + 1, 1000]) {
    const { registry, blob, body, store } = await stage(5 * MIB)
    const pushing = uploadBlob(registry, 'app', { digest: blob.digest, size }, body)
    await expect(pushing).rejects.toMatchObject({ code: 'SIZE_INVALID' })
    await expect(store.resolveBlob('app', blob.digest)).rejects.toMatchObject({ status: 404 })
  }
  const { registry, wanted, body } = await stage(2 * MIB)
  const memory = 100_000
  await expect(uploadBlob(registry, 'app', wanted, body, { memory })).rejects.toThrow(TypeError)
})

test('12 uploads by a client over a wire that fails', async () => {
  const random = new Random(process.env['OCIKIT_SEED'] ?? '1')
  const served = testRegistry()
  const faults = { refuse: 5, lose: 10, busy: 10, delay: 10 }
  const wire = faultyFetch(served.fetch, faults, () => random.int(0, 999_999) / 1_000_000)
  // All that fails is left to the upload.
  const client = createClient('https://registry.test', {
    fetch: wire.fetch,
    retry: { tries: 1, firstDelay: 1 },
  })
  const push = async (no: number): Promise<void> => {
    const blob = await sampleOf(noise(3 * MIB + no, no))
    const wanted = { digest: blob.digest, size: blob.bytes.length }
    const body = new Blob([blob.bytes as Uint8Array<ArrayBuffer>]).stream()
    await uploadBlob(client, 'app', wanted, body, { memory: MIB, tries: 8 })
    expect(await served.registry.resolveBlob('app', blob.digest)).toMatchObject(wanted)
  }
  await Promise.all(Array.from({ length: 12 }, (_, no) => push(no)))
  expect(wire.counts.lose).toBeGreaterThan(3)
})
