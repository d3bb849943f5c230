import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { ask } from '../crash/http.ts'
import { type Server, startServer } from '../crash/server.ts'
import { raw } from '../node/raw.ts'

let folder: Folder
let server: Server
beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(folder.path)
})
afterAll(async () => {
  await server.kill()
  await folder.remove()
})

const SIZE = 2_000_000
/** A chunk in the wrong place: refused before a byte of it is read. */
const misplaced = async (...lines: string[]) => {
  const { headers } = await ask('POST', `${server.url}/v2/limits/refused/blobs/uploads/`, 202)
  const range = `Content-Range: 5-${SIZE + 4}`
  const head = [
    `PATCH ${headers.get('location')} HTTP/1.1`,
    'Host: localhost',
    `Content-Length: ${SIZE}`,
    range,
  ]
  return [...head, ...lines, '', ''].join('\r\n')
}

test('a client that sends all of a refused body before it reads gets the answer', async () => {
  for (const lines of [[], ['Connection: close']]) {
    await using client = await raw(server.port, await misplaced(...lines))
    client.socket.pause()
    client.socket.write(randomBytes(SIZE))
    // As a client does that is still busy writing.
    await new Promise((resolve) => setTimeout(resolve, 700))
    client.socket.resume()
    expect(await client.received(/"errors"/), lines.join()).toMatch(/^HTTP\/1\.1 416/)
  }
})

test('after a refused body the connection is usable, or was said to be closed', async () => {
  await using client = await raw(server.port, await misplaced())
  client.socket.write(randomBytes(SIZE))
  const answer = await client.received(/"errors"[^\n]*\}$/)
  if (/^connection: close/im.test(answer)) return
  client.socket.write('GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await client.received(/HTTP\/1\.1 200[\s\S]*\{\}$/)
})
