/**
 * Contents that were written whole.
 * @module
 */

import type { StorageTests } from './scope.ts'
import { digestOf, drain, noise, probe, text, utf8 } from './scope.ts'

/** Writing in one shot, reading, and removing. */
export const contentTests: StorageTests = {
  'content: absent is null': async ({ place, contents, expectAbsent }) => {
    await expectAbsent(place())
    await contents.remove([place(), place()])
    await contents.remove([])
  },

  'content: empty': async ({ contents, place, expect, expectContent }) => {
    for (const body of [new Uint8Array(), probe(new Uint8Array()).stream]) {
      const stored = await contents.write(place(), body, { size: 0 })
      await expectContent(stored, new Uint8Array())
      const part = await contents.read(stored, { offset: 0, length: 0 })
      expect((await drain(part!.stream())).length).toBe(0)
    }
  },

  'content: bytes and streams come back as they went in': async ({ contents, place, expectContent }) => {
    for (const size of [1, 65_536, 3 * 1024 * 1024 + 17]) {
      const bytes = noise(size, size)
      await expectContent(await contents.write(place(), bytes, { size }), bytes)
      await expectContent(await contents.write(place(), probe(bytes).stream, { size }), bytes)
    }
  },

  'content: many tiny chunks': async ({ contents, place, expectContent }) => {
    const bytes = noise(5000)
    let at = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at === bytes.length) return controller.close()
        // Empty chunks are legal in a stream.
        controller.enqueue(new Uint8Array())
        controller.enqueue(bytes.slice(at, ++at))
      },
    })
    await expectContent(await contents.write(place(), body, { size: 5000 }), bytes)
  },

  'content: places with a digest in them': async ({ contents, id, expectContent }) => {
    const hex = await digestOf(utf8(id))
    for (const place of [
      `content/sha256/${hex}/${id}-1`,
      `content/sha256/ab/${hex}.${id}-1`,
      `t/${id}/content/x`,
    ]) {
      await expectContent(await contents.write(place, utf8(id), { size: id.length }), utf8(id))
    }
  },

  'content: ranges': async ({ contents, place, expect }) => {
    const bytes = noise(1024 * 1024 + 5)
    const stored = await contents.write(place(), probe(bytes).stream, { size: bytes.length })
    const ranges = [
      [0, 1],
      [0, bytes.length],
      [bytes.length - 1, 1],
      [bytes.length, 0],
      [59_999, 2],
      [262_143, 262_146],
      [1, bytes.length - 2],
    ] as const
    for (const [offset, length] of ranges) {
      const part = await contents.read(stored, { offset, length })
      expect(part?.size).toBe(bytes.length)
      const read = await drain(part!.stream())
      expect(read.length).toBe(length)
      expect(await digestOf(read)).toBe(await digestOf(bytes.slice(offset, offset + length)))
    }
  },

  'content: many readers at once': async ({ contents, place, expect }) => {
    const bytes = noise(700_000)
    const stored = await contents.write(place(), bytes, { size: bytes.length })
    const read = async (): Promise<string> => digestOf(await drain((await contents.read(stored))!.stream()))
    const digests = await Promise.all(Array.from({ length: 12 }, read))
    expect(new Set(digests)).toEqual(new Set([await digestOf(bytes)]))
  },

  'content: a reader may change what it was given': async ({ contents, place, expect, expectContent }) => {
    const bytes = noise(100_000)
    const mine = bytes.slice()
    const stored = await contents.write(place(), mine, { size: mine.length })
    mine.fill(0)
    const reader = (await contents.read(stored))!.stream().getReader()
    const { value } = await reader.read()
    expect(value instanceof Uint8Array).toBe(true)
    value!.fill(0)
    await reader.cancel()
    await expectContent(stored, bytes)
  },

  'content: a read may be left at any time': async ({ contents, place, expectContent }) => {
    const bytes = noise(1024 * 1024)
    const stored = await contents.write(place(), bytes, { size: bytes.length })
    // Never opened.
    await contents.read(stored)
    // Cancelled before, between and after chunks.
    await (await contents.read(stored))!.stream().cancel()
    for (const chunks of [1, 2]) {
      const reader = (await contents.read(stored))!.stream().getReader()
      for (let i = 0; i < chunks; i++) await reader.read()
      await reader.cancel()
    }
    const pending = (await contents.read(stored))!.stream().getReader()
    const first = pending.read()
    await pending.cancel()
    // The standard ends it, and streams of some runtimes reject it: it only must not stay.
    await first.catch(() => {})
    await expectContent(stored, bytes)
  },

  'content: removed': async ({ contents, place, expectAbsent, expectContent }) => {
    const kept = await contents.write(place(), utf8('kept'), { size: 4 })
    const gone = await contents.write(place(), utf8('gone'), { size: 4 })
    await contents.remove([gone, place()])
    await expectAbsent(gone)
    await expectContent(kept, utf8('kept'))
    await contents.remove([gone])
  },

  'content: removed while it is read, the stream is whole or fails': async ({ contents, place, expect }) => {
    const bytes = noise(2 * 1024 * 1024)
    for (const chunks of [0, 1, 3]) {
      const stored = await contents.write(place(), bytes, { size: bytes.length })
      const reader = (await contents.read(stored))!.stream().getReader()
      let count = 0
      for (let i = 0; i < chunks; i++) count += (await reader.read()).value?.length ?? 0
      await contents.remove([stored])
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read())
          count += next.value.length
      } catch {
        continue
      }
      expect(count).toBe(bytes.length)
    }
  },

  'content: not readable before it is whole': async ({ contents, place, expectAbsent, expectContent }) => {
    const bytes = noise(2_000_000)
    const where = place()
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let begun = (): void => {}
    const underWay = new Promise<void>((resolve) => {
      begun = resolve
    })
    let at = 0
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (at === 1_600_000) {
            begun()
            await gate
          }
          if (at === bytes.length) return controller.close()
          controller.enqueue(bytes.slice(at, at + 100_000))
          at += 100_000
        },
      },
      { highWaterMark: 0 },
    )
    const writing = contents.write(where, body, { size: bytes.length })
    await underWay
    await expectAbsent(where)
    release()
    await expectContent(await writing, bytes)
  },

  'content: text survives': async ({ contents, place, expect }) => {
    const stored = await contents.write(place(), utf8('{"héllo":1}\n'), { size: 13 })
    expect(text(await drain((await contents.read(stored))!.stream()))).toBe('{"héllo":1}\n')
  },
}
