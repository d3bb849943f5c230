/** Everything on Next.js, in one file, for one build. */

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../clients/process.ts'
import { ask, sha256 } from '../../crash/http.ts'
import { raw } from '../../node/raw.ts'
import { type ServerProcess, startServer } from '../bun/start.ts'
import { testIn } from '../in-cell.ts'
import type { Suites } from '../report.ts'
import { type Running, specOn } from '../table.ts'
import { buildApplication, isInstalled, serving } from './application.ts'

const API = 'next with fs, API route'
const ROUTES = 'next with fs, route handlers'
/** More than Next lets through where it reads a body itself. */
const LARGE = 24_000_000

if (!isInstalled) console.warn('skipped: Next.js, not installed: npm ci in examples/next')
const application = isInstalled ? await buildApplication() : undefined
afterAll(() => application?.remove())

/** A server over a folder of its own. */
async function start(sparse: boolean): Promise<{ server: ServerProcess; stop(): Promise<void> }> {
  const folder = await temporaryFolder()
  const { args, env, listens } = serving(application!.path, folder.path, { sparse })
  const server = await startServer(process.execPath, args, env, listens)
  return {
    server,
    async stop() {
      await server.close()
      await folder.remove()
    },
  }
}

/** The route handlers have another name of this machine. */
const routesOf = (url: string): string => url.replace('127.0.0.1', 'localhost')

async function running(sparse: boolean, urlOf: (url: string) => string = (url) => url): Promise<Running> {
  const { server, stop } = await start(sparse)
  return { url: urlOf(server.url), close: stop }
}

/** Puts the header back that route handlers lose. A client would do as much: read the body, for HEAD that of a GET. */
async function withLength(request: Request): Promise<Response> {
  const response = await fetch(request)
  if (response.status === 308) return response
  expect(response.headers.get('content-length')).toBe(null)
  if (response.status === 204 || response.status === 304) return response
  const isHead = request.method === 'HEAD'
  const body = new Uint8Array(await (isHead ? await whole(request) : response).arrayBuffer())
  const headers = new Headers(response.headers)
  headers.set('content-length', String(body.length))
  return new Response(isHead ? null : body, { status: response.status, headers })
}

function whole({ url, headers }: Request): Promise<Response> {
  const without = new Headers(headers)
  without.delete('range')
  return fetch(url, { headers: without })
}

describe.skipIf(!isInstalled)('the specification', () => {
  specOn({ name: API, start: ({ sparse }) => running(sparse), mergesSlashes: true })
  const start = ({ sparse }: { sparse: boolean }) => running(sparse, routesOf)
  specOn({ name: ROUTES, start, mergesSlashes: true, fetch: withLength })
})

describe.skipIf(!isInstalled)('the suites inside Next', async () => {
  if (!isInstalled) return
  const { server, stop } = await start(false)
  const suites = (await (await fetch(`${server.url}/api/suite`)).json()) as Suites
  await stop()
  for (const suite of ['storage', 'registry'] as const) {
    test(`there are tests of the ${suite} suite`, () => expect(suites[suite].length).toBeGreaterThan(50))
    // To the storage it makes no difference who calls the registry.
    for (const [name, error] of suites[suite]) testIn(API, suite)(name, async () => expect(error).toBe(''))
  }
})

describe.skipIf(!isInstalled)('what Next does to both', () => {
  let started: Awaited<ReturnType<typeof start>>
  let server: ServerProcess
  beforeAll(async () => {
    started = await start(false)
    server = started.server
  })
  afterAll(() => started?.stop())

  const push = async (origin: string, bytes: Buffer<ArrayBuffer>) => {
    const digest = sha256(bytes)
    await ask('POST', `${origin}/v2/next/blobs/uploads/?digest=${digest}`, 201, { body: bytes })
    return `${origin}/v2/next/blobs/${digest}`
  }

  for (const [cell, urlOf] of [
    [API, (url: string) => url],
    [ROUTES, routesOf],
  ] as const) {
    testIn(cell, 'specification')('every answer has its Content-Length', async () => {
      const origin = urlOf(server.url)
      const url = await push(origin, randomBytes(300_000))
      const head = await ask('HEAD', url, 200)
      const part = await ask('GET', url, 206, { headers: { range: 'bytes=10-19' } })
      const begun = await ask('POST', `${origin}/v2/next/blobs/uploads/`, 202)
      const lengths = [head, part, begun].map(({ headers }) => headers.get('content-length'))
      expect(lengths).toEqual(['300000', '10', '0'])
    })
  }

  test('route handlers lose every length, and nothing else', async () => {
    const url = await push(routesOf(server.url), randomBytes(300_000))
    for (const method of ['HEAD', 'GET']) {
      const { headers } = await ask(method, url, 200)
      expect(headers.get('content-length'), method).toBe(null)
      expect(headers.get('docker-content-digest')).toBe(url.split('/').at(-1))
    }
  })

  test.each(['127.0.0.1', 'localhost'])('a large body comes in and goes out: %s', async (name) => {
    const bytes = randomBytes(LARGE)
    const url = await push(`http://${name}:${server.port}`, bytes)
    const { bytes: pulled } = await ask('GET', url, 200)
    expect(sha256(pulled)).toBe(sha256(bytes))
  })

  test.each(['127.0.0.1', 'localhost'])('an upload that breaks off leaves nothing: %s', async (name) => {
    const bytes = randomBytes(100_000)
    const digest = sha256(bytes)
    const head = `POST /v2/next/blobs/uploads/?digest=${digest} HTTP/1.1\r\nHost: ${name}:${server.port}\r\n`
    await using client = await raw(server.port, `${head}Content-Length: 100000\r\n\r\n`)
    await new Promise((resolve) => client.socket.write(bytes.subarray(0, 60_000), resolve))
    client.socket.destroy()
    await ask('GET', `http://${name}:${server.port}/v2/next/blobs/${digest}`, 404)
  })

  test.each(['127.0.0.1', 'localhost'])('an early answer reaches a client that goes on: %s', async (name) => {
    const head = `PUT /v2/next/manifests/%20 HTTP/1.1\r\nHost: ${name}:${server.port}\r\n`
    await using client = await raw(server.port, `${head}Content-Length: ${LARGE}\r\n\r\n`)
    await new Promise((resolve) => client.socket.write(Buffer.alloc(LARGE), resolve))
    expect(await client.received(/TAG_INVALID|MANIFEST_INVALID/)).toMatch(/^HTTP\/1\.1 400 /)
  })

  test.each(['127.0.0.1', 'localhost'])('bodies that nobody reads to their end: %s', async (name) => {
    const url = `http://${name}:${server.port}/v2/next/manifests/large`
    const body = () => new Blob([new Uint8Array(4_300_000)]).stream()
    for (let round = 0; round < 30; round++) {
      const response = await fetch(url, { method: 'PUT', body: body(), duplex: 'half' } as RequestInit)
      expect(response.status).toBe(413)
      await response.arrayBuffer()
      await ask('HEAD', url, 404)
    }
  })

  test('a body for the API route that falls silent is cut', async () => {
    const head = `POST /v2/next/blobs/uploads/?digest=${sha256(Buffer.from('x'))} HTTP/1.1\r\n`
    await using client = await raw(server.port, `${head}Host: 127.0.0.1\r\nContent-Length: 100\r\n\r\nabc`)
    expect(await client.closed(20_000)).toBe('')
  })

  test('two slashes in a row are redirected before any route sees them', async () => {
    for (const origin of [server.url, routesOf(server.url)]) {
      const response = await fetch(`${origin}/v2/a//b/tags/list`, { redirect: 'manual' })
      expect(response.status).toBe(308)
      expect(response.headers.get('location')).toBe('/v2/a/b/tags/list')
    }
  })

  test('malformed percent-encoding reaches an API route, and no route handler', async () => {
    const answered = async (origin: string) =>
      (await ask('GET', `${origin}/v2/%zz/tags/list`, 400)).headers.get('content-type')
    expect(await answered(server.url)).toBe('application/json')
    expect(await answered(routesOf(server.url))).toContain('text/html')
  })
})
