import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '../../../adapters/storage/s3/client.ts'
import { bucketContents } from '../../../adapters/storage/s3/contents.ts'
import { settingsOf } from '../../../adapters/storage/s3/options.ts'

const MIB = 1024 * 1024
const CHUNK = 64 * 1024

/** Takes any PUT and remembers how it came. */
let seen: { length: string | undefined; encoding: string | undefined; count: number }[] = []
const server = createServer((request, response) => {
  const put = {
    length: request.headers['content-length'],
    encoding: request.headers['transfer-encoding'],
    count: 0,
  }
  seen.push(put)
  request.on('data', (chunk: Uint8Array) => {
    put.count += chunk.length
  })
  request.on('end', () => response.setHeader('etag', '"e"').end())
})
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

const storage = () => {
  const { port } = server.address() as AddressInfo
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
  const settings = settingsOf({ bucket: 'images', endpoint: `http://127.0.0.1:${port}`, credentials })
  return bucketContents(createClient(settings), 'content/', 640, true)
}

function streamOf(size: number): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream(
    {
      pull(controller) {
        if (at === size) return controller.close()
        controller.enqueue(new Uint8Array(CHUNK))
        at += CHUNK
      },
    },
    { highWaterMark: 0 },
  )
}

test('a stream is sent with its length, and not kept', async () => {
  const contents = storage()
  await contents.write('content/warm', streamOf(16 * MIB), { size: 16 * MIB })
  seen = []
  const before = process.memoryUsage().arrayBuffers
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)
  }, 5)
  await contents.write('content/x', streamOf(256 * MIB), { size: 256 * MIB })
  clearInterval(timer)
  expect(seen).toEqual([{ length: `${256 * MIB}`, encoding: undefined, count: 256 * MIB }])
  expect(peak).toBeLessThan(160 * MIB)
})

test.each([-1, 1])('one of %i chunk more or less never becomes whole', async (more) => {
  const contents = storage()
  seen = []
  const writing = contents.write('content/x', streamOf(MIB + more * CHUNK), { size: MIB })
  await expect(writing).rejects.toMatchObject({ code: 'SIZE_INVALID' })
  expect(seen.every(({ count }) => count < MIB)).toBe(true)
})
