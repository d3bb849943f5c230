import { describe, expect, test } from 'vitest'
import { bytes, digestOf, read, type Stage, stage } from './stage.ts'
import { soon, stalled } from './stalled.ts'

describe('one writer at a time', () => {
  async function taken(on: Stage) {
    const { id } = await on.store.startUpload('a')
    const second = await on.store.writeUpload('a', id, bytes('abc'))
    const slow = stalled('de')
    const writing = on.store.writeUpload('a', second.id, slow.body).then(
      ({ offset }) => offset,
      (error: { code?: string; message: string }) => error.code ?? error.message,
    )
    await soon()
    return { id: second.id, slow, writing }
  }

  test('a second one is told where the session is, until the first has been silent for 60 s', async () => {
    const on = stage()
    const { id, slow, writing } = await taken(on)
    on.pass(59_999)
    for (const store of [on.store, on.another()]) {
      const refused = store.writeUpload('a', id, bytes('XYZ'))
      await expect(refused).rejects.toMatchObject({
        code: 'RANGE_INVALID',
        status: 416,
        upload: { offset: 3 },
      })
      await expect(store.finishUpload('a', id, digestOf('abc'))).rejects.toMatchObject({
        code: 'RANGE_INVALID',
      })
    }
    on.pass(1)
    const third = await on.another().writeUpload('a', id, bytes('XYZ'))
    expect(third.offset).toBe(6)
    slow.go('f')
    expect(await writing).toBe('RANGE_INVALID')
    await on.store.finishUpload('a', third.id, digestOf('abcXYZ'))
    expect(await read(on.store, 'a', digestOf('abcXYZ'))).toBe('abcXYZ')
  })

  test('a first one that goes on after the blob was finished changes no byte of it', async () => {
    const on = stage()
    const { id, slow, writing } = await taken(on)
    on.pass(60_000)
    await on.another().finishUpload('a', id, digestOf('abc'))
    slow.go('f'.repeat(1000))
    expect(await writing).toMatch(/RANGE_INVALID|BLOB_UPLOAD_UNKNOWN|no content/)
    expect(await read(on.store, 'a', digestOf('abc'))).toBe('abc')
  })

  test('a sign of life every 20 s keeps it', async () => {
    const on = stage()
    const { id } = await on.store.startUpload('a')
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const writing = on.store.writeUpload('a', id, readable)
    for (let i = 0; i < 6; i++) {
      on.pass(20_000)
      await writer.write(bytes('x'))
      await soon()
      await expect(on.another().writeUpload('a', id, bytes('y'))).rejects.toMatchObject({ status: 416 })
    }
    await writer.close()
    expect((await writing).offset).toBe(6)
  })

  test('of many at once exactly one gets in, for chunks and for finishes', async () => {
    const on = stage()
    const { id } = await on.store.startUpload('a')
    const chunk = (i: number) => on.store.writeUpload('a', id, bytes(`${i}`), { offset: 0 })
    const won = (await Promise.allSettled([0, 1, 2, 3, 4].map(chunk))).filter(
      ({ status }) => status === 'fulfilled',
    )
    expect(won.length).toBe(1)
    const { offset } = await on.store.uploadStatus('a', id)
    expect(offset).toBe(1)
  })

  test('a chunk that breaks off: its prefix counts if it said where it goes, else nothing of it', async () => {
    for (const [options, offset] of [
      [{ offset: 0 }, 2],
      [{}, 0],
    ] as const) {
      const on = stage()
      const { id } = await on.store.startUpload('a')
      const { body, fail } = stalled('ab')
      const writing = on.store.writeUpload('a', id, body, options)
      await soon()
      fail()
      await expect(writing).rejects.toThrow()
      const status = await on.store.uploadStatus('a', id)
      expect(status.offset).toBe(offset)
      await on.store.finishUpload('a', status.id, digestOf('abcd'), { body: bytes('abcd'.slice(offset)) })
      expect(await read(on.store, 'a', digestOf('abcd'))).toBe('abcd')
    }
  })

  test('a chunk of another length than announced counts not at all', async () => {
    const { store } = stage()
    const { id } = await store.startUpload('a')
    for (const size of [2, 4]) {
      const writing = store.writeUpload('a', id, bytes('abc'), { offset: 0, size })
      await expect(writing).rejects.toMatchObject({ code: 'SIZE_INVALID' })
      expect((await store.uploadStatus('a', id)).offset).toBe(0)
    }
    const done = await store.writeUpload('a', id, bytes('abc'), { offset: 0, size: 3 })
    await store.finishUpload('a', done.id, digestOf('abc'))
  })
})

test('a finish is done only when the blob is whole: one that hangs beside a damaged blob acknowledges nothing', async () => {
  const on = stage()
  const digest = digestOf('abc')
  await on.store.pushBlob('a', { digest }, bytes('abc'))
  await on.inner.contents.remove(on.of('contents.write').map(({ key }) => key))
  const { id } = await on.store.startUpload('a')
  const written = await on.store.writeUpload('a', id, bytes('abc'))
  on.hook = ({ method }) => (method === 'records.put' ? new Promise(() => {}) : undefined)
  void on.store.finishUpload('a', written.id, digest)
  await soon()
  on.hook = undefined
  await expect(on.store.finishUpload('a', written.id, digest)).rejects.toMatchObject({
    code: 'RANGE_INVALID',
  })
  await expect(on.store.resolveBlob('a', digest)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
  on.pass(60_001)
  await on.store.finishUpload('a', written.id, digest)
  expect(await read(on.store, 'a', digest)).toBe('abc')
})
