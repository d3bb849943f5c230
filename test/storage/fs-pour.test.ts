import { expect, test } from 'vitest'
import { pour } from '../../adapters/storage/fs/pour.ts'

const MIB = 1024 * 1024

/** A disk that notes what happens to it. */
function disk(failSync = false) {
  const log: string[] = []
  return {
    log,
    async writev(buffers: readonly Uint8Array[], _position: number) {
      // Longer than the loop over the chunks takes.
      await new Promise((resolve) => setImmediate(resolve))
      const bytes = buffers.reduce((sum, { length }) => sum + length, 0)
      log.push(`write ${bytes}`)
      return { bytesWritten: bytes }
    },
    async datasync() {
      log.push('sync')
      if (failSync) throw Object.assign(new Error('no disk'), { code: 'EIO' })
    },
  }
}

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(MIB)
}

test('a chunk is released once it was written, and each of them', async () => {
  const file = disk()
  const release = (chunk: Uint8Array) => void file.log.push(`release ${chunk.length}`)
  expect(await pour(file, chunks(3), { position: 0, sync: false, release })).toBe(3 * MIB)
  expect(file.log).toEqual(
    Array(3)
      .fill([`write ${MIB}`, `release ${MIB}`])
      .flat(),
  )
})

test('the disk begins before the last byte is there', async () => {
  const file = disk()
  await pour(file, chunks(100), { position: 0, sync: true })
  expect(file.log.filter((line) => line === 'sync')).toHaveLength(3)
  expect(file.log.at(-1)).toBe(`write ${MIB}`)
})

test('a sync that fails on the way fails the whole', async () => {
  const pouring = pour(disk(true), chunks(40), { position: 0, sync: true })
  await expect(pouring).rejects.toMatchObject({ code: 'EIO' })
})
