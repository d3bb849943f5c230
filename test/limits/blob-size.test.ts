import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../clients/process.ts'
import { ask, sha256, streamed } from '../crash/http.ts'
import { startServer } from '../crash/server.ts'

const LIMIT = 100_000

test('--max-blob-size holds for bodies that do not say how long they are', async () => {
  const folder = await temporaryFolder()
  await using server = await startServer(folder.path, '--max-blob-size', String(LIMIT))
  const blobs = `${server.url}/v2/limits/size/blobs/uploads/`
  const start = async () => server.url + (await ask('POST', blobs, 202)).headers.get('location')
  const small = randomBytes(LIMIT)
  const large = Buffer.concat([small, Buffer.from('x')])
  const chunked = (bytes: Buffer) => ({ body: streamed(bytes, 7_000) })
  const refused = async (method: string, url: string, bytes: Buffer) => {
    const answer = await ask(method, url, 413, chunked(bytes))
    expect(JSON.parse(answer.bytes.toString())).toMatchObject({ errors: [{ code: 'SIZE_INVALID' }] })
  }

  await refused('POST', `${blobs}?digest=${sha256(large)}`, large)
  await refused('PUT', `${await start()}?digest=${sha256(large)}`, large)
  const patched = await start()
  await refused('PATCH', patched, large)
  // A PATCH that was refused counts for nothing: the session goes on.
  const half = await ask('PATCH', patched, 202, chunked(small.subarray(0, LIMIT / 2)))
  const location = server.url + half.headers.get('location')
  await refused('PATCH', location, large.subarray(LIMIT / 2))
  await refused('PUT', `${location}?digest=${sha256(large)}`, large.subarray(LIMIT / 2))
  const range = { 'content-range': `${LIMIT / 2}-${LIMIT}` }
  const body = large.subarray(LIMIT / 2)
  await ask('PATCH', location, 413, { body, headers: range })
  await ask('PATCH', location, 413, { ...chunked(body), headers: range })
  await ask('HEAD', `${server.url}/v2/limits/size/blobs/${sha256(large)}`, 404)

  // Exactly the limit is allowed, and what was refused is not in it.
  await ask('PUT', `${location}?digest=${sha256(small)}`, 201, chunked(small.subarray(LIMIT / 2)))
  const { bytes } = await ask('GET', `${server.url}/v2/limits/size/blobs/${sha256(small)}`, 200)
  expect(bytes.equals(small)).toBe(true)
  await ask('POST', `${blobs}?digest=${sha256(small)}`, 201, chunked(small))
  await server.kill()
  await folder.remove()
})
