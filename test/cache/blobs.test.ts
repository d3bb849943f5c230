import { expect, test } from 'vitest'
import { defineRegistry, passThrough, RegistryError } from '../../src/index.ts'
import { sampleOf, unknownDigest } from '../../src/testing/registry/samples.ts'
import { blobOf, contentWith, contextOf, halting, isKept, pushImage, read, stage, upstream } from './stage.ts'

const MIB = 1024 * 1024

test('two hundred at once: one request for each blob, and the right bytes for all', async () => {
  const { there, cache, store } = stage()
  const { manifest, layer } = await pushImage(there.registry, 'app', '1', MIB)
  const pulls = Array.from({ length: 200 }, async () => {
    const { descriptor } = await cache.getManifest('app', '1')
    return [descriptor.digest, await read(cache, 'app', layer.digest)]
  })
  for (const pulled of await Promise.all(pulls)) expect(pulled).toEqual([manifest.digest, layer.digest])
  await cache.idle()
  expect(there.asked).toEqual(['GET /v2/app/manifests/1', `GET /v2/app/blobs/${layer.digest}`])
  expect(await read(store, 'app', layer.digest)).toBe(layer.digest)
})

test('what was pulled once is served without the upstream', async () => {
  const { there, cache } = stage()
  const { manifest, layer } = await pushImage(there.registry, 'app', '1')
  await cache.getManifest('app', '1')
  await read(cache, 'app', layer.digest)
  await cache.idle()
  there.asked.length = 0
  expect((await cache.getManifest('app', '1')).descriptor.digest).toBe(manifest.digest)
  expect((await cache.resolveManifest('app', manifest.digest)).size).toBe(manifest.bytes.length)
  expect(await read(cache, 'app', layer.digest)).toBe(layer.digest)
  expect((await cache.resolveBlob('app', layer.digest)).size).toBe(layer.bytes.length)
  expect(there.asked).toEqual([])
})

test('a slow client slows nobody, ruins nothing, and goes on from what is stored', async () => {
  const { there, cache, store } = stage()
  const { layer } = await pushImage(there.registry, 'app', '1', 12 * MIB)
  const slow = (await cache.getBlob('app', layer.digest)).stream().getReader()
  const first = (await slow.read()).value!
  expect(await read(cache, 'app', layer.digest)).toBe(layer.digest)
  await cache.idle()
  expect(await read(store, 'app', layer.digest)).toBe(layer.digest)
  const chunks = [first]
  for (let next = await slow.read(); !next.done; next = await slow.read()) chunks.push(next.value)
  const all = new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer())
  expect((await sampleOf(all)).digest).toBe(layer.digest)
  expect(there.asked.filter((each) => each.startsWith('GET'))).toHaveLength(1)
})

test('a client that leaves ends nothing: what it asked for is stored', async () => {
  const { there, cache, store } = stage()
  const { layer } = await pushImage(there.registry, 'app', '1', MIB)
  const leave = new AbortController()
  const { context, deferred } = contextOf()
  const content = await cache.getBlob('app', layer.digest, { signal: leave.signal, context })
  await content.stream().cancel()
  leave.abort(new Error('gone'))
  expect(deferred).toHaveLength(1)
  await cache.idle()
  expect(await isKept(store, 'app', layer.digest)).toBe(true)
})

test('bytes come before the whole is there, the last one when it is verified', async () => {
  const { digest, bytes } = await blobOf(1000)
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given
    },
  })
  const slow = defineRegistry({ getBlob: async () => contentWith(digest, 1000, stream) })
  const { cache } = stage({ there: { ...upstream(), client: slow } })
  const reader = (await cache.getBlob('app', digest)).stream().getReader()
  controller!.enqueue(bytes.slice(0, 600))
  expect((await reader.read()).value).toHaveLength(600)
  controller!.enqueue(bytes.slice(600))
  expect((await reader.read()).value).toHaveLength(399)
  controller!.close()
  expect((await reader.read()).value).toHaveLength(1)
  expect((await reader.read()).done).toBe(true)
})

test('wrong bytes are nobody’s whole blob, and are not kept', async () => {
  const sample = await blobOf(2 * MIB)
  const wrong = sample.bytes.slice()
  wrong[MIB]! ^= 1
  const there = upstream()
  const lying = defineRegistry({
    getBlob: async () => contentWith(sample.digest, wrong.length, new Blob([wrong]).stream()),
  })
  const { cache, store, storage } = stage({ there: { ...there, client: lying } })
  const pulls = Array.from({ length: 5 }, () => read(cache, 'app', sample.digest))
  for (const result of await Promise.allSettled(pulls)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'DIGEST_INVALID', status: 502 } })
  }
  await cache.idle()
  expect(await isKept(store, 'app', sample.digest)).toBe(false)
  expect(await links(storage)).toBe(0)
})

test.each(['at once', 'in the middle'])(
  'an upstream that is killed %s: one outcome for all, and a new start',
  async (when) => {
    const { there, cache, store } = stage()
    const { layer } = await pushImage(there.registry, 'app', '1', MIB)
    there.hook = async (_, next) => {
      if (when === 'at once') throw new TypeError('connection refused')
      const halted = halting(await next(), 300_000)
      setTimeout(() => halted.go(new TypeError('terminated')))
      return halted.response
    }
    const pulls = await Promise.allSettled(Array.from({ length: 20 }, () => read(cache, 'app', layer.digest)))
    expect(pulls.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'rejected'))
    const reasons = new Set(pulls.map((pull) => (pull as PromiseRejectedResult).reason as RegistryError))
    expect([...reasons].map(({ code }) => code)).toEqual(['UNAVAILABLE'])
    await cache.idle()
    expect(await isKept(store, 'app', layer.digest)).toBe(false)
    there.hook = undefined
    expect(await read(cache, 'app', layer.digest)).toBe(layer.digest)
  },
)

test('HEAD of what is not kept is a HEAD, and downloads nothing', async () => {
  const { there, cache, store } = stage()
  const { manifest, layer } = await pushImage(there.registry, 'app', '1')
  expect((await cache.resolveBlob('app', layer.digest)).size).toBe(layer.bytes.length)
  expect((await cache.resolveManifest('app', '1')).digest).toBe(manifest.digest)
  expect((await cache.resolveManifest('app', manifest.digest)).size).toBe(manifest.bytes.length)
  expect(there.asked.every((each) => each.startsWith('HEAD'))).toBe(true)
  expect(await isKept(store, 'app', layer.digest)).toBe(false)
})

test('a range of what is not kept is fetched as one; the whole is kept when as much was asked for', async () => {
  const { there, cache, store } = stage()
  const { layer } = await pushImage(there.registry, 'app', '1', 1000)
  const ranges: (string | null)[] = []
  there.hook = (request, next) => {
    ranges.push(request.headers.get('range'))
    return next()
  }
  const part = async (first: number, last: number) =>
    (await cache.getBlob('app', layer.digest, { range: { first, last } })).bytes()
  expect(await part(10, 19)).toEqual(layer.bytes.slice(10, 20))
  await cache.idle()
  expect(ranges).toEqual(['bytes=10-19'])
  expect(await isKept(store, 'app', layer.digest)).toBe(false)
  expect(await part(0, 989)).toEqual(layer.bytes.slice(0, 990))
  await cache.idle()
  expect(await isKept(store, 'app', layer.digest)).toBe(true)
  expect(ranges).toEqual(['bytes=10-19', 'bytes=0-989', null])
  await expect(cache.getBlob('app', layer.digest, { range: { first: 1000 } })).rejects.toMatchObject({
    code: 'RANGE_INVALID',
  })
})

test('a range of a blob on its way comes from there as far as it has come', async () => {
  const { there, cache } = stage()
  const { layer } = await pushImage(there.registry, 'app', '1', 1000)
  let halted: ReturnType<typeof halting> | undefined
  there.hook = async (request, next) => {
    if (request.headers.has('range')) return next()
    halted = halting(await next(), 0)
    return halted.response
  }
  const whole = read(cache, 'app', layer.digest)
  await expect.poll(() => halted).toBeDefined()
  await expect.poll(() => there.asked).toHaveLength(1)
  const far = await cache.getBlob('app', layer.digest, { range: { first: 500 } })
  expect(await far.bytes()).toEqual(layer.bytes.slice(500))
  expect(there.asked).toHaveLength(2)
  const near = (await cache.getBlob('app', layer.digest, { range: { first: 0, last: 99 } })).bytes()
  halted!.go()
  expect(await near).toEqual(layer.bytes.slice(0, 100))
  expect(await whole).toBe(layer.digest)
  expect(there.asked).toHaveLength(2)
})

test('bytes that another repository has are not fetched again, if the upstream’s has them, too', async () => {
  const { there, cache, store } = stage()
  const { layer } = await pushImage(there.registry, 'a', '1')
  await there.registry.mountBlob('b', layer.digest, { from: 'a' })
  await read(cache, 'a', layer.digest)
  await cache.idle()
  there.asked.length = 0
  expect(await read(cache, 'b', layer.digest)).toBe(layer.digest)
  expect(there.asked).toEqual([`HEAD /v2/b/blobs/${layer.digest}`])
  await expect(read(cache, 'c', layer.digest)).rejects.toMatchObject({ status: 404 })
  expect(await isKept(store, 'c', layer.digest)).toBe(false)
})

test('a blob of no bytes', async () => {
  const { there, cache, store } = stage()
  const empty = await sampleOf(new Uint8Array())
  await there.registry.pushBlob('app', empty, empty.bytes)
  expect(await read(cache, 'app', empty.digest)).toBe(empty.digest)
  await cache.idle()
  expect(await isKept(store, 'app', empty.digest)).toBe(true)
})

test('a store that cannot keep anything: clients are served all the same', async () => {
  const full = new RegistryError('STORAGE_FULL', 'the disk is full')
  const wrap = (store: ReturnType<typeof stage>['store']) =>
    passThrough(store, {
      pushBlob: async (_, __, body) => {
        if (body instanceof ReadableStream) await body.cancel()
        throw full
      },
      pushManifest: () => Promise.reject(full),
    })
  const { there, cache, errors } = stage({ wrap })
  const { manifest, layer } = await pushImage(there.registry, 'app', '1')
  expect((await cache.getManifest('app', '1')).descriptor.digest).toBe(manifest.digest)
  expect(await read(cache, 'app', layer.digest)).toBe(layer.digest)
  await cache.idle()
  expect(await read(cache, 'app', layer.digest)).toBe(layer.digest)
  // Nor is it tried with what is asked for in parts.
  there.asked.length = 0
  await (await cache.getBlob('app', layer.digest, { range: { first: 0 } })).bytes()
  await cache.idle()
  expect(there.asked).toHaveLength(1)
  expect(errors).toEqual([full, full])
})

test('a store that gives up in the middle of a read: who has got nothing yet is served all the same', async () => {
  const full = new RegistryError('STORAGE_FULL', 'the disk is full')
  const wrap = (store: ReturnType<typeof stage>['store']) =>
    passThrough(store, {
      pushBlob: async (_, __, body) => {
        const reader = (body as ReadableStream<Uint8Array>).getReader()
        const pending = reader.read()
        await reader.cancel(full)
        await pending
        throw full
      },
    })
  const { there, cache, errors } = stage({ wrap })
  const { layer } = await pushImage(there.registry, 'app', '1')
  expect(await read(cache, 'app', layer.digest)).toBe(layer.digest)
  await cache.idle()
  expect(errors).toEqual([full])
})

test('what is not there is not there, and a refusal is not a challenge', async () => {
  const { there, cache } = stage()
  await expect(cache.getBlob('app', await unknownDigest())).rejects.toMatchObject({ status: 404 })
  there.hook = async () => new Response(null, { status: 401 })
  await expect(cache.getBlob('app', await unknownDigest())).rejects.toMatchObject({
    code: 'DENIED',
    status: 403,
  })
  await expect(cache.getManifest('app', '1')).rejects.toMatchObject({ code: 'DENIED', status: 403 })
  await expect(cache.startUpload('app')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})

async function links(storage: ReturnType<typeof stage>['storage']): Promise<number> {
  let count = 0
  for await (const _ of storage.records.list('blobs/')) count++
  return count
}
