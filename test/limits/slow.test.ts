/** Clients that are slow on purpose: they hold their own connection for a while, and nothing else. */

import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { tokenService } from '../../src/auth/tokens/index.ts'
import { memory, users } from '../../src/index.ts'
import { raw } from '../node/raw.ts'
import { basic, digestOf } from '../server/http.ts'

const ANN = basic('ann', 'secret')
const LOGIN = users([{ name: 'ann', password: 'secret' }])
const AUTHORIZED = `Authorization: ${ANN['authorization']}\r\n`
const portOf = (url: string) => Number(new URL(url).port)

/** Writes a byte now and then until the connection is over. */
async function drip(socket: { write(text: string): unknown; readonly closed: boolean }, text: string) {
  for (let at = 0; !socket.closed && at < text.length; at++) {
    socket.write(text[at]!)
    await delay(20)
  }
}

test('headers that come byte by byte end in 408, however steadily they come', async () => {
  await using registry = await listen({ headersTimeout: 300 })
  await using client = await raw(portOf(registry.url))
  const dripping = drip(client.socket, `GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Slow: ${'x'.repeat(2000)}`)
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  await dripping
})

test('headers without an end are refused long before they cost memory', async () => {
  await using registry = await listen()
  await using client = await raw(portOf(registry.url), 'GET /v2/ HTTP/1.1\r\nHost: a\r\n')
  for (let i = 0; i < 100 && !client.socket.closed; i++)
    client.socket.write(`X-${i}: ${'x'.repeat(1000)}\r\n`)
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 431 /)
})

test('whoever has no rights is told so before the first byte of the body', async () => {
  await using registry = await listen({ auth: LOGIN })
  for (const [method, path] of [
    ['PUT', '/v2/a/manifests/1'],
    ['POST', `/v2/a/blobs/uploads/?digest=${digestOf('x')}`],
    ['PATCH', '/v2/a/blobs/uploads/x'],
    ['PUT', `/v2/a/blobs/uploads/x?digest=${digestOf('x')}`],
  ]) {
    const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n`
    await using client = await raw(portOf(registry.url), head)
    expect(await client.received(/^HTTP\/1\.1 \d+[\s\S]*\}\]\}/), `${method} ${path}`).toMatch(
      /^HTTP\/1\.1 401 /,
    )
  }
})

test('a login whose form falls silent is cut; others log in meanwhile', async () => {
  const storage = memory()
  const auth = tokenService({ login: LOGIN, authorize: LOGIN.authorize, records: storage.records })
  await using registry = await listen({ storage, auth, silence: 2000 })
  const head = 'POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n'
  const clients = await Promise.all(
    Array.from({ length: 50 }, () =>
      raw(portOf(registry.url), `${head}Content-Length: 100\r\n\r\ngrant_type=`),
    ),
  )
  const ended = Promise.all(clients.map((client) => client.closed()))
  const answer = await registry.fetch('/token', { headers: ANN })
  expect(answer.status).toBe(200)
  expect((await answer.json()) as object).toHaveProperty('token')
  expect((await ended).filter((text) => /^HTTP\/1\.1 2/.test(text))).toEqual([])
})

test('slow uploads hold up nobody, and leave sessions with which one can go on', async () => {
  await using registry = await listen({ auth: LOGIN, silence: 2000 })
  const started = await Promise.all(
    Array.from({ length: 30 }, () =>
      registry.fetch('/v2/a/blobs/uploads/', { method: 'POST', headers: ANN }),
    ),
  )
  const sessions = started.map(({ headers }) => headers.get('location')!)
  const clients = await Promise.all(
    sessions.map((path) =>
      raw(
        portOf(registry.url),
        `PATCH ${path} HTTP/1.1\r\nHost: a\r\n${AUTHORIZED}Content-Length: 1000000\r\n\r\nslow`,
      ),
    ),
  )
  const ended = Promise.all(clients.map((client) => client.closed()))
  const digest = digestOf('quick')
  const quick = `/v2/a/blobs/uploads/?digest=${digest}`
  const pushed = await registry.fetch(quick, { method: 'POST', headers: ANN, body: 'quick' })
  expect(pushed.status).toBe(201)
  expect((await ended).filter((text) => /^HTTP\/1\.1 2/.test(text))).toEqual([])
  const statuses = async () =>
    Promise.all(sessions.map(async (path) => (await registry.fetch(path, { headers: ANN })).status))
  await expect.poll(statuses).toEqual(sessions.map(() => 204))
  const goOn = async () => {
    const body = 'x'
    return (await registry.fetch(sessions[0]!, { method: 'PATCH', headers: ANN, body })).status
  }
  await expect.poll(goOn).toBe(202)
})
