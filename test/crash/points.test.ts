/**
 * Crashes at every single step: a storage that dies at its k-th call, for all k, and a second process on the
 * same data after it. What a killed process test meets by luck is met here by counting.
 */

import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createStore } from '../../src/engine/index.ts'
import { type Digest, RegistryError } from '../../src/oci/index.ts'
import { memory, type Storage } from '../../src/storage/index.ts'
import { withFolder } from '../storage/folder.ts'
import { sha256 } from './http.ts'
import { mortal } from './mortal.ts'
import { Random } from './random.ts'

const MINUTE = 61_000
const random = new Random('crash points')
const bytes = random.bytes(9_000)
const digest = sha256(bytes) as Digest

async function contentOf(store: ReturnType<typeof createStore>): Promise<Buffer | null> {
  try {
    return Buffer.from(await (await store.getBlob('a', digest)).bytes())
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'BLOB_UNKNOWN') return null
    throw error
  }
}

/** Uploads in three requests; the process dies at call `k`. @returns How far it came, or null if it lived. */
async function upload(storage: Storage, k: number) {
  const life = mortal(storage, k)
  const store = createStore({ storage: life.storage })
  const { id } = await createStore({ storage }).startUpload('a')
  const seen = { id, offset: 0, finishing: false }
  const work = async () => {
    for (const end of [4_000, 8_000]) {
      const part = bytes.subarray(seen.offset, end)
      const next = await store.writeUpload('a', seen.id, part, { offset: seen.offset, size: part.length })
      Object.assign(seen, next)
    }
    seen.finishing = true
    await store.finishUpload('a', seen.id, digest, { body: bytes.subarray(8_000), size: 1_000 })
  }
  return (await Promise.race([work(), life.death.then(() => 'dead')])) === 'dead' ? seen : null
}

async function everyPoint(make: (k: number) => Promise<Storage>): Promise<number> {
  for (let k = 1; ; k++) {
    const storage = await make(k)
    const seen = await upload(storage, k)
    if (seen === null) {
      await storage.close?.()
      return k
    }
    // Another process, a minute later.
    const store = createStore({ storage, now: () => Date.now() + MINUTE })
    const before = await contentOf(store)
    if (before) expect(before.equals(bytes), `call ${k}`).toBe(true)
    let { id, offset } = seen
    try {
      const status = await store.uploadStatus('a', id)
      expect(status.offset, `call ${k}`).toBeGreaterThanOrEqual(offset)
      expect(status.offset, `call ${k}`).toBeLessThanOrEqual(bytes.length)
      ;({ id, offset } = status)
      const rest = bytes.subarray(offset)
      await store.finishUpload('a', id, digest, { body: rest, size: rest.length, offset })
    } catch (error) {
      expect(error, `the upload died at call ${k} and cannot be finished`).toMatchObject({
        code: 'BLOB_UPLOAD_UNKNOWN',
      })
      expect(before, `call ${k}: the session is gone, so the blob is there`).not.toBeNull()
    }
    expect((await contentOf(store))?.equals(bytes), `call ${k}`).toBe(true)
    await storage.close?.()
  }
}

test('an upload that dies at any call can be finished a minute later, in memory', async () => {
  expect(await everyPoint(async () => memory())).toBeGreaterThan(10)
})

test('an upload that dies at any call can be finished a minute later, on files', () =>
  withFolder(async (folder) => {
    expect(await everyPoint((k) => fs(`${folder}/${k}`, { sync: false }))).toBeGreaterThan(10)
  }))
