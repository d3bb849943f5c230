import { beforeAll, describe, expect, test } from 'vitest'
import { memory, type Ocikit, ocikit, open } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { digestOf, LOREM, pushBlob, send } from './http.ts'

/** A storage that opens bytes as soon as it is asked for them, as R2 does, and counts those that did not end. */
function counting() {
  const inner = memory()
  let opened = 0
  let left = 0
  /** Everything is stored shorter than it was when this is set. */
  const damage = { by: 0 }
  const { contents } = inner
  const storage: Storage = {
    ...inner,
    contents: {
      ...contents,
      async size(...args) {
        const size = await contents.size(...args)
        return size === null ? null : size - damage.by
      },
      async read(...args) {
        const content = await contents.read(...args)
        if (!content) return null
        opened++
        left++
        const end = () => void left--
        const reader = content.stream().getReader()
        const stream = new ReadableStream<Uint8Array>({
          async pull(controller) {
            const { done, value } = await reader.read()
            if (!done) return controller.enqueue(value)
            end()
            controller.close()
          },
          async cancel(reason) {
            end()
            await reader.cancel(reason)
          },
        })
        return { size: content.size - damage.by, stream: () => stream }
      },
    },
  }
  return { storage, damage, counts: () => ({ opened, left }) }
}

describe('the bytes of a blob', () => {
  const digest = digestOf(LOREM)
  const path = `/v2/a/blobs/${digest}`
  let on: ReturnType<typeof counting>
  let kit: Ocikit
  beforeAll(async () => {
    on = counting()
    kit = ocikit({ storage: on.storage, auth: open() })
    await pushBlob(kit, 'a', LOREM)
  })

  test.each([
    ['HEAD', {}, 200],
    ['HEAD', { 'if-none-match': `"${digest}"` }, 304],
    ['GET', { 'if-none-match': `"${digest}"` }, 304],
    ['GET', { 'if-none-match': '*', range: 'bytes=1-2' }, 304],
    ['GET', { range: 'bytes=99999-' }, 416],
  ])('are not opened for %s %o', async (method, headers, status) => {
    const before = on.counts()
    expect((await send(kit, method, path, { headers })).status).toBe(status)
    expect(on.counts()).toEqual(before)
  })

  test.each([[{}], [{ range: 'bytes=1-2' }]])('are read to their end for GET %o', async (headers) => {
    const { opened } = on.counts()
    await send(kit, 'GET', path, { headers })
    expect(on.counts()).toEqual({ opened: opened + 1, left: 0 })
  })

  test('are let go of when they are damaged', async () => {
    on.damage.by = 1
    expect((await send(kit, 'GET', path)).status).toBe(404)
    expect((await send(kit, 'GET', path, { headers: { 'if-none-match': '*' } })).status).toBe(404)
    expect(on.counts().left).toBe(0)
  })
})
