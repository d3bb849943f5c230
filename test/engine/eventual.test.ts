/** A storage that shows late what was written: what the engine does about it. */

import { describe, expect, test } from 'vitest'
import { createStore } from '../../src/index.ts'
import { memory, type Storage } from '../../src/storage/index.ts'
import { digestOf } from '../../src/testing/registry/samples.ts'
import { MINIATURE, TINY_MEMORY } from './shapes.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Like Cloudflare KV at its worst: of upload sessions nothing shows that others have written. */
function late(options: Parameters<typeof memory>[0] = {}): Storage {
  const inner = memory({ ...MINIATURE.kv, ...options })
  const { records } = inner
  return {
    ...inner,
    traits: { ...inner.traits, consistency: 'eventual', remove: 'none' },
    records: {
      ...records,
      get: async (key, call) => (key.startsWith('uploads/') ? null : records.get(key, call)),
      async *list(prefix, call) {
        for await (const entry of records.list(prefix, call))
          if (!entry.key.startsWith('uploads/')) yield entry
      },
    },
  }
}

async function keysOf({ records }: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of records.list(prefix)) keys.push(key)
  return keys
}

describe('a storage where nothing of an upload session shows', () => {
  test('chunks to any replica become a blob: the id says how far it is', async () => {
    const storage = late()
    const replica = () => createStore({ storage, uploadMemory: TINY_MEMORY })
    let { id } = await replica().startUpload('a')
    let content = ''
    for (const chunk of ['one', 'and another', '', 'x', 'the last of them']) {
      const at = { offset: content.length }
      ;({ id } = await replica().writeUpload('a', id, bytesOf(chunk), at))
      content += chunk
      expect(await replica().uploadStatus('a', id)).toMatchObject({ offset: content.length })
    }
    const wrong = replica().finishUpload('a', id, await digestOf(bytesOf('other')))
    await expect(wrong).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
    const misplaced = replica().writeUpload('a', id, bytesOf('x'), { offset: 1 })
    await expect(misplaced).rejects.toMatchObject({ code: 'RANGE_INVALID' })
  })

  test('a blob in three requests, each to another replica', async () => {
    const storage = late()
    const replica = () => createStore({ storage, uploadMemory: TINY_MEMORY })
    const [one, two] = ['a first half, longer than a piece, ', 'and a second one']
    const begun = await replica().startUpload('a')
    const first = await replica().writeUpload('a', begun.id, bytesOf(one), { offset: 0 })
    expect(first.id.length).toBeLessThan(1536)
    const digest = await digestOf(bytesOf(one + two))
    await replica().finishUpload('a', first.id, digest, { body: bytesOf(two), offset: one.length })
    const content = await replica().getBlob('a', digest)
    expect(new TextDecoder().decode(await content.bytes())).toBe(one + two)
  })

  test('an id of another repository or another subject is not taken', async () => {
    const store = createStore({ storage: late(), uploadMemory: TINY_MEMORY })
    const { id } = await store.startUpload('a')
    const first = await store.writeUpload('a', id, bytesOf('some bytes'))
    const forged = `${first.id.slice(0, -1)}${first.id.endsWith('A') ? 'B' : 'A'}`
    for (const [repo, text] of [
      ['b', first.id],
      ['a', forged],
    ] as const)
      await expect(store.uploadStatus(repo, text)).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' })
  })
})

test('an id that would be too long leaves its state to the storage', async () => {
  const inner = memory(MINIATURE.kv)
  const storage: Storage = { ...inner, traits: { ...inner.traits, consistency: 'eventual', remove: 'none' } }
  const store = () => createStore({ storage, uploadMemory: TINY_MEMORY })
  const { id } = await store().startUpload('a')
  const content = 'x'.repeat(300)
  const first = await store().writeUpload('a', id, bytesOf(content), { offset: 0 })
  expect(first.id.length).toBeLessThan(100)
  const digest = await digestOf(bytesOf(content))
  await store().finishUpload('a', first.id, digest)
  expect((await store().resolveBlob('a', digest)).size).toBe(300)
})

test('collecting is refused in clear words, and nothing is written for a collector', async () => {
  let now = Date.now()
  const storage = late({ now: () => now })
  const store = createStore({ storage, uploadMemory: TINY_MEMORY, now: () => now })
  const body = bytesOf('content')
  const digest = await digestOf(body)
  await store.pushBlob('a', { digest }, body)
  await store.mountBlob('b', digest, { from: 'a' })
  const [key] = await keysOf(storage, 'blobs/')
  const before = await storage.records.get(key!)
  now += 20 * 60 * 60_000
  await store.resolveBlob('a', digest)
  expect((await storage.records.get(key!))!.version).toBe(before!.version)
  await store.deleteBlob('a', digest)
  await expect(store.resolveBlob('a', digest)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
  expect(await keysOf(storage, 'gc/')).toEqual([])
  await expect(store.collect()).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('what it has written is not seen at once'),
  })
})
