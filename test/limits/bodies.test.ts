import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { ask, sha256, streamed } from '../crash/http.ts'
import { type Server, startServer } from '../crash/server.ts'
import { raw } from '../node/raw.ts'

const REPO = 'limits/bodies'
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

const start = async () => {
  const { headers } = await ask('POST', `${server.url}/v2/${REPO}/blobs/uploads/`, 202)
  return headers.get('location')!
}
const head = (method: string, target: string, ...lines: string[]) =>
  [`${method} ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...lines, '', ''].join('\r\n')
const offsetOf = async (location: string) => {
  const { headers } = await ask('GET', server.url + location, 204)
  const last = Number(/^0-(\d+)$/.exec(headers.get('range')!)![1])
  return last === 0 ? 0 : last + 1
}
const absent = (digest: string) => ask('HEAD', `${server.url}/v2/${REPO}/blobs/${digest}`, 404)

test('a body that ends before its promised length commits nothing', async () => {
  const part = randomBytes(50)
  const digest = sha256(part)
  const targets: [string, string, string[]][] = [
    ['POST', `/v2/${REPO}/blobs/uploads/?digest=${digest}`, []],
    ['PUT', `${await start()}?digest=${digest}`, []],
    ['PATCH', await start(), []],
    ['PATCH', await start(), ['Content-Range: 0-99']],
    ['PUT', `/v2/${REPO}/manifests/short`, ['Content-Type: application/vnd.oci.image.manifest.v1+json']],
  ]
  for (const [method, target, lines] of targets) {
    await using client = await raw(server.port, head(method, target, 'Content-Length: 100', ...lines))
    client.socket.end(part)
    expect(await client.closed(), `${method} ${target}`).not.toMatch(/^HTTP\/1\.1 2/)
  }
  await absent(digest)
  await ask('GET', `${server.url}/v2/${REPO}/manifests/short`, 404)
  await expect.poll(() => offsetOf(targets[2]![1])).toBe(0)
  // With an offset what came may be kept: the client can ask, and go on from there.
  const location = targets[3]![1]
  let offset = 0
  const goOn = async () => {
    offset = await offsetOf(location)
    const headers = { 'content-range': `${offset}-${offset}` }
    const body = Buffer.from('x')
    return (await ask('PATCH', server.url + location, [202, 416], { headers, body })).status
  }
  await expect.poll(goOn).toBe(202)
  expect([0, 50]).toContain(offset)
})

test('bytes after the promised length are not part of the body', async () => {
  const bytes = randomBytes(100)
  const digest = sha256(bytes.subarray(0, 50))
  await using client = await raw(server.port)
  client.socket.write(head('POST', `/v2/${REPO}/blobs/uploads/?digest=${digest}`, 'Content-Length: 50'))
  client.socket.write(bytes)
  expect(await client.received(/^HTTP\/1\.1 \d+/)).toMatch(/^HTTP\/1\.1 (201|400)/)
  await client.closed()
  await absent(sha256(bytes))
  const { status, bytes: stored } = await ask('GET', `${server.url}/v2/${REPO}/blobs/${digest}`, [200, 404])
  if (status === 200) expect(sha256(stored)).toBe(digest)
})

test('a range and a body that disagree are refused, in chunked encoding, too', async () => {
  const bytes = randomBytes(100)
  for (const [range, status] of [
    ['0-49', 400],
    ['0-199', 400],
    ['0-99', 202],
  ] as const) {
    const location = await start()
    const body = streamed(bytes, 30)
    const headers = { 'content-range': range }
    await ask('PATCH', server.url + location, status, { body, headers })
    expect(await offsetOf(location), range).toBe(status === 202 ? 100 : 0)
  }
})

test('a chunked body that breaks off, or is no chunk, commits nothing', async () => {
  for (const tail of ['32\r\nonly a part', 'zz\r\n', '']) {
    const digest = sha256(Buffer.from('abc'))
    const target = `/v2/${REPO}/blobs/uploads/?digest=${digest}`
    await using client = await raw(server.port, head('POST', target, 'Transfer-Encoding: chunked'))
    client.socket.end(`3\r\nabc\r\n${tail}`)
    expect(await client.closed()).not.toMatch(/^HTTP\/1\.1 2/)
    await absent(digest)
  }
})

test('chunked encoding works for every body', async () => {
  const bytes = randomBytes(300_000)
  const digest = sha256(bytes)
  const blobs = `${server.url}/v2/${REPO}/blobs/uploads/`
  const body = () => streamed(bytes, 20_000)
  await ask('POST', `${blobs}?digest=${digest}`, 201, { body: body() })
  await ask('PUT', `${server.url}${await start()}?digest=${digest}`, 201, { body: body() })
  const patched = await ask('PATCH', server.url + (await start()), 202, { body: body() })
  const twice = createHash('sha256').update(bytes).update(bytes).digest('hex')
  const location = server.url + patched.headers.get('location')
  await ask('PUT', `${location}?digest=sha256:${twice}`, 201, { body: body() })
  const blob = { mediaType: 'a/b', digest, size: bytes.length }
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: blob, layers: [blob] }))
  const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
  await ask('PUT', `${server.url}/v2/${REPO}/manifests/chunked`, 201, {
    body: streamed(manifest, 40),
    headers,
  })
  const got = await ask('GET', `${server.url}/v2/${REPO}/manifests/chunked`, 200)
  expect(got.bytes.equals(manifest)).toBe(true)
  const whole = await ask('GET', `${server.url}/v2/${REPO}/blobs/sha256:${twice}`, 200)
  expect(sha256(whole.bytes)).toBe(`sha256:${twice}`)
})

test.each(['Content-Length: 104857600', 'Transfer-Encoding: chunked'])(
  'a manifest of 100 MB is refused unread (%s)',
  async (length) => {
    const type = 'Content-Type: application/vnd.oci.image.manifest.v1+json'
    await using client = await raw(server.port)
    client.socket.write(
      head('PUT', `/v2/${REPO}/manifests/huge`, type, length).replace('Connection: close\r\n', ''),
    )
    const piece = Buffer.alloc(65_536, 32)
    const chunk = length.startsWith('T')
      ? Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')])
      : piece
    let sent = 0
    const pump = () => {
      while (sent < 100 * 1024 * 1024 && client.socket.writable) {
        sent += piece.length
        if (!client.socket.write(chunk)) return void client.socket.once('drain', pump)
      }
    }
    pump()
    const answer = await client.received(/^HTTP\/1\.1 \d+[\s\S]*\}\]\}/)
    expect(answer).toMatch(/^HTTP\/1\.1 413/)
    expect(answer).toContain('"code":"SIZE_INVALID"')
    expect(sent / 1024 / 1024).toBeLessThan(50)
    await ask('GET', `${server.url}/v2/${REPO}/manifests/huge`, 404)
  },
)

test('a client that leaves in the middle of a chunk can go on', async () => {
  const bytes = randomBytes(4_000_000)
  let location = await start()
  let offset = 0
  for (const part of [1_000_000, 700_000]) {
    const range = `Content-Range: ${offset}-${bytes.length - 1}`
    const length = `Content-Length: ${bytes.length - offset}`
    await using client = await raw(server.port, head('PATCH', location, length, range))
    const from = offset
    await new Promise((resolve) => client.socket.write(bytes.subarray(from, from + part), resolve))
    client.socket.destroy()
    // Until the server has noticed, another writer is refused; a status is always true.
    await expect
      .poll(async () => {
        offset = await offsetOf(location)
        expect(offset).toBeLessThanOrEqual(from + part)
        const end = Math.min(offset + 10_000, bytes.length)
        const answer = await ask('PATCH', server.url + location, [202, 416], {
          body: bytes.subarray(offset, end),
          headers: { 'content-range': `${offset}-${end - 1}` },
        })
        if (answer.status === 202) offset = end
        if (answer.status === 202) location = answer.headers.get('location')!
        return answer.status
      })
      .toBe(202)
  }
  const digest = sha256(bytes)
  await ask('PUT', `${server.url}${location}?digest=${digest}`, 201, { body: bytes.subarray(offset) })
  const { bytes: stored } = await ask('GET', `${server.url}/v2/${REPO}/blobs/${digest}`, 200)
  expect(stored.equals(bytes)).toBe(true)
})
