import { expect, test } from 'vitest'
import { writing } from '../../adapters/storage/fs/errors.ts'
import { pour } from '../../adapters/storage/fs/pour.ts'

test('a full disk is an error with a status of its own', async () => {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    const failing = writing(() => Promise.reject(Object.assign(new Error(code), { code })))
    await expect(failing).rejects.toMatchObject({ code: 'STORAGE_FULL', status: 507 })
  }
  const other = Object.assign(new Error('no'), { code: 'EROFS' })
  await expect(writing(() => Promise.reject(other))).rejects.toBe(other)
})

/** A file that takes at most `most` bytes at a time, and `room` in all. */
function fakeFile(most: number, room: number) {
  const data = new Uint8Array(room)
  return {
    data,
    async writev(buffers: readonly Uint8Array[], position: number) {
      const all = Uint8Array.from(buffers.flatMap((buffer) => [...buffer]))
      const fits = all.subarray(0, Math.min(most, room - position))
      if (fits.length === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      data.set(fits, position)
      return { bytesWritten: fits.length, buffers }
    },
  }
}

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 3000; i++) yield Uint8Array.of(i & 255, (i >> 8) & 255, 7)
}

test('short writes are continued', async () => {
  const file = fakeFile(1000, 9010)
  expect(await pour(file as never, chunks(), { position: 10, sync: false })).toBe(9000)
  for (let i = 0; i < 3000; i++) {
    expect([...file.data.subarray(10 + 3 * i, 13 + 3 * i)]).toEqual([i & 255, i >> 8, 7])
  }
})

test('a write that fails while the next batch fills ends the call', async () => {
  await expect(pour(fakeFile(1000, 2000) as never, chunks(), { position: 0, sync: false })).rejects.toThrow(
    'full',
  )
})
