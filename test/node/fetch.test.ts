import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { nodeFetch } from '../../adapters/node/index.ts'
import { sha256, streamed } from '../crash/http.ts'
import { freePort } from '../free-port.ts'

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/** A server for one test. */
async function serving(handler: Handler) {
  const server = createServer(handler)
  let connections = 0
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a%20b?c=d`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const echo: Handler = async (incoming, outgoing) => {
  const { method, url, headers } = incoming
  const body = sha256(await bytesOf(incoming))
  outgoing.setHeader('x-twice', ['1', '2'])
  outgoing.end(JSON.stringify({ method, url, headers, body }))
}

test('sends bytes, texts and streams with their length, and everything else as it is given', async () => {
  await using server = await serving(echo)
  const bytes = randomBytes(300_000)
  const length = `${bytes.length}`
  for (const body of [bytes, streamed(bytes, 70_000)]) {
    const headers = new Headers({ 'content-length': length, 'x-a': 'b' })
    const answer = await nodeFetch(server.url, { method: 'PUT', headers, body })
    expect([answer.status, answer.headers.get('x-twice')]).toEqual([200, '1, 2'])
    const seen = (await answer.json()) as { headers: Record<string, string> }
    expect(seen).toMatchObject({ method: 'PUT', url: '/a%20b?c=d', body: sha256(bytes) })
    expect(seen.headers).toMatchObject({ 'content-length': length, 'x-a': 'b' })
  }
  const form = await nodeFetch(server.url, { method: 'POST', body: 'a=é' })
  expect((await form.json()) as unknown).toMatchObject({
    headers: { 'content-length': '4' },
    body: sha256(Buffer.from('a=é')),
  })
  const empty = await nodeFetch(server.url, { method: 'POST' })
  expect((await empty.json()) as unknown).toMatchObject({ headers: { 'content-length': '0' } })
  expect(server.connections()).toBe(1)
})

test('gives the bytes as they come, and none where there are none', async () => {
  const bytes = randomBytes(3_000_000)
  await using server = await serving(({ method }, outgoing) => {
    if (method === 'DELETE') outgoing.writeHead(204)
    else outgoing.setHeader('content-length', bytes.length)
    outgoing.end(method === 'GET' ? bytes : undefined)
  })
  const answer = await nodeFetch(server.url)
  expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(sha256(bytes))
  const head = await nodeFetch(server.url, { method: 'HEAD' })
  expect([head.headers.get('content-length'), head.body]).toEqual(['3000000', null])
  const none = await nodeFetch(server.url, { method: 'DELETE' })
  expect([none.status, none.body]).toEqual([204, null])
})

test('follows no redirect', async () => {
  await using server = await serving((_, outgoing) => outgoing.writeHead(307, { location: '/x' }).end())
  expect((await nodeFetch(server.url)).status).toBe(307)
})

test('rejects when nobody listens, and when the signal fires before or during the request', async () => {
  await expect(nodeFetch(`http://127.0.0.1:${await freePort()}/`)).rejects.toThrow('ECONNREFUSED')
  await using server = await serving(() => {})
  await expect(nodeFetch(server.url, { signal: AbortSignal.abort() })).rejects.toThrow('abort')
  const stop = new AbortController()
  const asked = nodeFetch(server.url, { signal: stop.signal })
  await expect.poll(() => server.connections()).toBeGreaterThan(0)
  stop.abort()
  await expect(asked).rejects.toThrow('abort')
})

test('an answer that breaks off is an error, and no end', async () => {
  await using server = await serving((_, outgoing) => {
    outgoing.setHeader('content-length', 1000)
    outgoing.write('half', () => outgoing.destroy())
  })
  await expect((await nodeFetch(server.url)).text()).rejects.toThrow()
})

test('an answer that nobody wants any more ends its connection', async () => {
  let closed = false
  await using server = await serving((_, outgoing) => {
    outgoing.once('close', () => {
      closed = true
    })
    const more = (): void => void (outgoing.destroyed || outgoing.write(Buffer.alloc(65_536), more))
    more()
  })
  const reader = (await nodeFetch(server.url)).body!.getReader()
  await reader.read()
  await reader.cancel()
  await expect.poll(() => closed).toBe(true)
})

test('a body that fails fails the request, and one that nobody reads is cancelled', async () => {
  await using server = await serving((incoming, outgoing) => {
    if (incoming.url === '/refuse') outgoing.writeHead(403).end('no')
    else incoming.resume()
  })
  const headers = { 'content-length': '100000000' }
  const failing = new ReadableStream({ pull: () => Promise.reject(new Error('the disk is gone')) })
  await expect(nodeFetch(server.url, { method: 'PUT', headers, body: failing })).rejects.toThrow(
    'the disk is gone',
  )

  let cancelled = false
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel: () => {
      cancelled = true
    },
  })
  const refusing = new URL('/refuse', server.url).href
  const refused = await nodeFetch(refusing, { method: 'PUT', headers, body: endless })
  expect([refused.status, await refused.text()]).toEqual([403, 'no'])
  await expect.poll(() => cancelled).toBe(true)
})

test('a status that there is not is an error of the request, not the end of the process', async () => {
  await using server = await serving((_, outgoing) => {
    outgoing.statusCode = 600
    outgoing.end('x')
  })
  await expect(nodeFetch(server.url)).rejects.toThrow(RangeError)
})
