import { expect, test } from 'vitest'
import { createStore } from '../../src/engine/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { memory, type Records } from '../../src/storage/index.ts'
import { sha256 } from './http.ts'
import { Random } from './random.ts'

const DAYS = 3 * 24 * 3_600_000

test('a finish that was given up, and succeeds all the same, keeps its bytes', async () => {
  const bytes = new Random('takeover').bytes(9_000)
  const digest = sha256(bytes) as Digest
  const storage = memory()
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let arrive = () => {}
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  // A disk that hangs for a minute just before the link of the blob.
  const put: Records['put'] = async (key, value, options) => {
    if (key.startsWith('blobs/')) {
      arrive()
      await gate
    }
    return storage.records.put(key, value, options)
  }
  const slow = createStore({ storage: { ...storage, records: { ...recordsOf(storage.records), put } } })
  const { id } = await slow.startUpload('a')
  const { id: next } = await slow.writeUpload('a', id, bytes.subarray(0, 4_000), { offset: 0, size: 4_000 })
  const finished = slow.finishUpload('a', next, digest, { body: bytes.subarray(4_000), size: 5_000 })
  await arrived

  // Somebody else takes the session over, and is refused or not; then the disk goes on.
  const later = createStore({ storage, now: () => Date.now() + 61_000 })
  await later
    .writeUpload('a', next, bytes.subarray(4_000, 5_000), { offset: 4_000, size: 1_000 })
    .catch(() => {})
  release()
  const answer = await finished.catch(() => null)

  const old = createStore({ storage, now: () => Date.now() + DAYS })
  await old.sweep()
  if (answer === null) return
  const blob = await old.getBlob('a', digest)
  expect(Buffer.from(await blob.bytes()).equals(bytes)).toBe(true)
})

function recordsOf(records: Records): Records {
  return {
    get: (...args) => records.get(...args),
    create: (...args) => records.create(...args),
    put: (...args) => records.put(...args),
    remove: (...args) => records.remove(...args),
    drop: (...args) => records.drop(...args),
    list: (...args) => records.list(...args),
  }
}
