/** A cache that is closed, and callers that leave, while something is being fetched. */

import { expect, test } from 'vitest'
import { defineRegistry, passThrough, type Store } from '../../src/index.ts'
import { blobOf, contentWith, halting, isKept, pushImage, read, stage, upstream } from './stage.ts'

const MIB = 1024 * 1024

test('closing ends what is being fetched, and keeps no part of it', async () => {
  const { there, cache, store } = stage()
  const { layer } = await pushImage(there.registry, 'app', '1', MIB)
  there.hook = async (_, next) => halting(await next(), 1000).response
  const pulled = read(cache, 'app', layer.digest)
  pulled.catch(() => {})
  await expect.poll(() => there.asked).toHaveLength(1)
  await cache.close()
  await expect(pulled).rejects.toBeDefined()
  expect(await isKept(store, 'app', layer.digest)).toBe(false)
})

test('closing before the store has begun to read ends that, too, over an upstream that looks at no signal', async () => {
  const { digest } = await blobOf(1000)
  let cancelled = 0
  const silent = defineRegistry({
    async getBlob() {
      const content = contentWith(digest, 1000, new ReadableStream({ pull: () => new Promise(() => {}) }))
      return { ...content, [Symbol.asyncDispose]: async () => void cancelled++ }
    },
  })
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const wrap = (store: Store) =>
    passThrough(store, {
      async pushBlob(...args) {
        await begun
        return store.pushBlob(...args)
      },
    })
  const { cache } = stage({ there: { ...upstream(), client: silent }, wrap })
  const pulled = (await cache.getBlob('app', digest)).bytes()
  pulled.catch(() => {})
  const closed = cache.close()
  begin()
  await closed
  await expect(pulled).rejects.toThrow('closed')
  expect(cancelled).toBe(1)
})

test('who asks for what is just being begun may leave before that has', async () => {
  const { there, cache } = stage()
  const { layer } = await pushImage(there.registry, 'app', '1')
  there.hook = (request) =>
    new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason)))
  const first = cache.getBlob('app', layer.digest)
  first.catch(() => {})
  await expect.poll(() => there.asked).toHaveLength(1)
  const leave = new AbortController()
  const head = cache.resolveBlob('app', layer.digest, leave)
  const part = cache.getBlob('app', layer.digest, { range: { first: 1 }, signal: leave.signal })
  // Both wait by then.
  await new Promise((resolve) => setTimeout(resolve))
  leave.abort(new Error('gone'))
  await expect(head).rejects.toThrow('gone')
  await expect(part).rejects.toThrow('gone')
  await cache.close()
  await expect(first).rejects.toBeDefined()
  expect(there.asked).toHaveLength(1)
})

test('closing while the upstream is asked for a blob of another repository begins no download', async () => {
  const { there, cache } = stage()
  const { layer } = await pushImage(there.registry, 'a', '1')
  await there.registry.mountBlob('b', layer.digest, { from: 'a' })
  await read(cache, 'a', layer.digest)
  await cache.idle()
  there.asked.length = 0
  let closed: Promise<void> | undefined
  there.hook = async (_, next) => {
    closed ??= cache.close()
    return next()
  }
  await expect(read(cache, 'b', layer.digest)).rejects.toBeDefined()
  await closed
  expect(there.asked).toEqual([`HEAD /v2/b/blobs/${layer.digest}`])
})
