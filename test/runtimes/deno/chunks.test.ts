import { expect, test } from 'vitest'
import { chunkReader, readSizeOf } from '../../../adapters/deno/chunks.ts'

/** A body as Deno gives it, which brings so many bytes with each read, at most what there is room for. */
function body(pieces: readonly number[]) {
  const rooms: number[] = []
  const left = [...pieces]
  const stream = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const request = controller.byobRequest!
      const room = request.view!.byteLength
      rooms.push(room)
      const piece = left.shift()
      if (piece === undefined) controller.close()
      request.respond(Math.min(piece ?? 0, room))
    },
  })
  return { stream, rooms }
}

test('reads are small where the client sends chunks, and large where it says how much comes', () => {
  expect(readSizeOf(new Headers({ 'transfer-encoding': 'chunked' }))).toBe(8 * 1024)
  expect(readSizeOf(new Headers({ 'content-length': '1' }))).toBe(256 * 1024)
})

test('a chunk holds no more than twice its bytes, and buffers that are mostly empty serve again', async () => {
  const { stream, rooms } = body([1000, 10, 500, 501, 2000])
  const reader = chunkReader(stream, 1000)
  const lengths: number[] = []
  for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
    lengths.push(chunk.length)
    expect(chunk.buffer.byteLength).toBeLessThan(2 * chunk.length + 1)
  }
  expect(lengths).toEqual([1000, 10, 500, 501, 1000])
  expect(rooms).toEqual(Array(6).fill(1000))
})

test('a read that waits ends with a cancel', async () => {
  const reader = chunkReader(new ReadableStream({ type: 'bytes', pull: () => new Promise(() => {}) }), 10)
  const waiting = reader.read()
  await reader.cancel()
  expect(await waiting).toBeNull()
})

test('a body of one chunk, which is no stream of bytes, is read as it is', async () => {
  const { body } = new Response('whole')
  const plain = body!.pipeThrough(new TransformStream<Uint8Array, Uint8Array>())
  const reader = chunkReader(plain, 1)
  expect(new TextDecoder().decode((await reader.read())!)).toBe('whole')
  expect(await reader.read()).toBeNull()
})
