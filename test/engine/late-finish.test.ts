import { describe, expect, test } from 'vitest'
import { newUploadId, timeOf } from '../../src/engine/upload-id.ts'
import { hours, leftovers, stored } from './collecting.ts'
import { MINIATURE, TINY_MEMORY } from './shapes.ts'
import { bytes, digestOf, HOUR, keysOf, read, type Stage, stage } from './stage.ts'

const MINUTE = 60_000

/** A finish that is held up for so long before its first call of a method, while others sweep and collect. */
async function heldUp(on: Stage, method: string, ms: number, content: string): Promise<string> {
  const { id } = await on.store.startUpload('a')
  let held = false
  on.hook = async (call) => {
    if (held || call.method !== method) return
    held = true
    on.pass(ms)
    await on.another().sweep()
  }
  return on.store
    .finishUpload('a', id, digestOf(content), { body: bytes(content), size: content.length })
    .then(
      () => 'linked',
      (error: { code: string }) => error.code,
    )
}

const shapes = { 'a file system': {}, ...MINIATURE }

describe.each(Object.entries(shapes))('a finish that is silent for long, over %s', (_, shape) => {
  test.each(['records.create', 'contents.write', 'contents.size', 'records.list'])(
    'before %s, and is found expired then: nothing of it stays for ever',
    async (method) => {
      const on = stage({ shape, uploadMemory: TINY_MEMORY })
      await heldUp(on, method, 38 * HOUR, 'late')
      on.hook = undefined
      await hours(on, 130)
      expect(await keysOf(on.inner, 'blobs/')).toEqual([])
      expect(await stored(on)).toEqual([])
      expect(await leftovers(on)).toEqual([])
    },
  )

  test('is told that its session is gone', async () => {
    const on = stage({ shape, uploadMemory: TINY_MEMORY })
    expect(await heldUp(on, 'contents.write', 38 * HOUR, 'late')).toBe('BLOB_UPLOAD_UNKNOWN')
    expect(await read(on.store, 'a', digestOf('late'))).toBe('BLOB_UNKNOWN')
  })

  test.each([9 * MINUTE, 7 * HOUR])('and has not expired within %i ms: it becomes a blob', async (ms) => {
    const on = stage({ shape, uploadMemory: TINY_MEMORY })
    expect(await heldUp(on, 'contents.write', ms, 'late')).toBe('linked')
    expect(await read(on.store, 'a', digestOf('late'))).toBe('late')
  })
})

test('what a late writer leaves in a log that has expired takes no bytes with it', async () => {
  const on = stage({ shape: MINIATURE.r2, uploadMemory: TINY_MEMORY })
  const begun = await on.store.startUpload('a')
  const { id } = await on.store.writeUpload('a', begun.id, bytes('x'.repeat(20)))
  await on.store.finishUpload('a', id, digestOf('x'.repeat(20)))
  const state = (await keysOf(on.inner, 'uploads/')).find((key) => key.endsWith('1z'))!
  const { value } = (await on.inner.records.get(state))!
  on.pass(38 * HOUR)
  await on.store.sweep()
  await on.inner.records.create(state, value)
  on.pass(38 * HOUR)
  await on.store.sweep()
  expect(await keysOf(on.inner, 'uploads/')).toEqual([])
  const link = await keysOf(on.inner, 'blobs/')
  expect(link.length).toBe(1)
  expect(await read(on.store, 'a', digestOf('x'.repeat(20)))).toBe('x'.repeat(20))
})

test('a clock that tells fractions of a millisecond is good enough for ids', () => {
  const { session, time } = newUploadId(1_700_000_000_000.75, 'sha256')
  expect(session).toMatch(/^[0-9a-f]{32}$/)
  expect([time, timeOf(session)]).toEqual([1_700_000_000_000, 1_700_000_000_000])
})
