import { describe, expect, test } from 'vitest'
import type { Digest } from '../../src/oci/index.ts'
import { bytes, digestOf, read, stage } from './stage.ts'

describe('a finish with a wrong digest shows nothing and keeps the session', () => {
  const RIGHT: Digest[] = [digestOf('abcdef'), digestOf('abcdef', 'sha512')]
  const WRONG: Digest[] = [digestOf('other'), digestOf('other', 'sha512')]
  const ways: [string, string, string | undefined][] = [
    ['all in chunks', 'abcdef', undefined],
    ['the last bytes with the finish', 'abc', 'def'],
    ['all with the finish', '', 'abcdef'],
  ]
  for (const [name, before, last] of ways) {
    for (const wrong of WRONG) {
      for (const right of RIGHT) {
        const algorithms = `${wrong.slice(0, 6)} then ${right.slice(0, 6)}`
        test(`${name}, ${algorithms}: then the right one succeeds`, async () => {
          const { store } = stage()
          let { id } = await store.startUpload('a')
          if (before !== '') ({ id } = await store.writeUpload('a', id, bytes(before)))
          const body = last === undefined ? {} : { body: bytes(last) }
          for (let again = 0; again < 2; again++)
            await expect(store.finishUpload('a', id, wrong, body)).rejects.toMatchObject({
              code: 'DIGEST_INVALID',
            })
          expect((await store.uploadStatus('a', id)).offset).toBe(before.length)
          expect(await read(store, 'a', wrong)).toBe('BLOB_UNKNOWN')
          await store.finishUpload('a', id, right, body)
          expect(await read(store, 'a', right)).toBe('abcdef')
        })
      }
    }
  }

  test('after it more bytes can come, also when the bytes so far are sealed', async () => {
    const { store } = stage()
    const { id } = await store.startUpload('a')
    const { id: second } = await store.writeUpload('a', id, bytes('abc'))
    // Another algorithm than the session's is found out only by reading sealed bytes.
    await expect(store.finishUpload('a', second, digestOf('x', 'sha512'))).rejects.toMatchObject({
      code: 'DIGEST_INVALID',
    })
    const third = await store.writeUpload('a', second, bytes('def'), { offset: 3 })
    expect(third.offset).toBe(6)
    await store.finishUpload('a', third.id, digestOf('abcdefg'), { body: bytes('g'), offset: 6 })
    expect(await read(store, 'a', digestOf('abcdefg'))).toBe('abcdefg')
  })

  test('the same finish again, in another replica too, is a success; another digest is not', async () => {
    const on = stage()
    const { id } = await on.store.startUpload('a')
    const { id: second } = await on.store.writeUpload('a', id, bytes('abc'))
    const digest = digestOf('abc')
    for (const store of [on.store, on.store, on.another()])
      expect(await store.finishUpload('a', second, digest)).toMatchObject({ digest, size: 3 })
    const again = on.store.finishUpload('a', second, digestOf('x'))
    await expect(again).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' })
    await expect(on.store.writeUpload('a', second, bytes('x'))).rejects.toMatchObject({
      code: 'BLOB_UPLOAD_UNKNOWN',
    })
  })
})

describe('many and large', () => {
  test.each(['sha256', 'sha512'] as const)(
    '130 chunks through two replicas, finished by %s',
    async (algorithm) => {
      const on = stage()
      const replicas = [on.store, on.another()]
      let { id } = await on.store.startUpload('a')
      const [first] = [id]
      let whole = ''
      for (let i = 0; i < 130; i++) {
        const upload = await replicas[i % 2]!.writeUpload('a', id, bytes(`chunk ${i};`), {
          offset: whole.length,
        })
        whole += `chunk ${i};`
        expect(upload.offset).toBe(whole.length)
        id = upload.id
      }
      // The very first id still finds the session.
      expect((await on.store.uploadStatus('a', first)).offset).toBe(whole.length)
      on.clear()
      await on.store.finishUpload('a', id, digestOf(whole, algorithm))
      expect(await read(on.store, 'a', digestOf(whole, algorithm))).toBe(whole)
      // The list of pieces is read in a few steps, not one for each chunk.
      expect(on.of('records.get', 'uploads/').length).toBeLessThan(70)
    },
  )

  test('chunks of nothing, and a blob of nothing', async () => {
    const { store } = stage()
    let { id } = await store.startUpload('a')
    for (const chunk of ['', 'a', '', '', 'b', '']) ({ id } = await store.writeUpload('a', id, bytes(chunk)))
    await store.finishUpload('a', id, digestOf('ab'))
    expect(await read(store, 'a', digestOf('ab'))).toBe('ab')
    const empty = await store.startUpload('a')
    await store.finishUpload('a', (await store.writeUpload('a', empty.id, bytes(''))).id, digestOf(''))
    expect(await read(store, 'a', digestOf(''))).toBe('')
  })

  test('sha512 that was announced, and that was not', async () => {
    const { store } = stage()
    for (const [content, options] of [
      ['announced', { algorithm: 'sha512' }],
      ['not', {}],
    ] as const) {
      const { id } = await store.startUpload('a', options)
      const next = await store.writeUpload('a', id, bytes(content))
      await store.finishUpload('a', next.id, digestOf(content, 'sha512'))
      expect(await read(store, 'a', digestOf(content, 'sha512'))).toBe(content)
    }
  })
})
