/** Bodies that can be sent once. */

import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { noise, probe, utf8 } from '../../src/testing/storage/scope.ts'
import { digestOf, failureOf, HOST, reply, type Sent, wired } from './wire.ts'

const ANN = { username: 'ann', password: 'secret' }
const BASIC = `Basic ${btoa('ann:secret')}`
const BLOB = noise(100)
const DIGEST = digestOf(BLOB)

test('a stream that nobody takes is given up, one whose source is slow is not', async () => {
  const deaf = (_: string, { signal }: RequestInit) =>
    new Promise<Response>((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
  let cancelled = false
  const waiting = new ReadableStream({
    cancel() {
      cancelled = true
    },
  })
  const put = { method: 'POST', repeatable: false }
  const gone = createClient(HOST, {
    fetch: async (url, init) => (init.method === 'GET' ? reply(200) : deaf(url, init)),
    timeout: 20,
    retry: false,
  })
  const error = await failureOf(gone.request('/v2/x', { ...put, body: waiting }))
  expect([error.code, cancelled]).toEqual(['UNAVAILABLE', true])
  const slow = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 150))
        controller.enqueue(utf8('x'))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const patient = wired(() => reply(202), { timeout: 50 })
  expect((await patient.client.request('/v2/x', { ...put, body: slow })).status).toBe(202)
})

test('a stream that has begun does not follow a redirect', async () => {
  const { client, lines } = wired(({ method }) =>
    method === 'PUT' ? reply(307, { location: '/elsewhere' }) : reply(202, { location: '/u/1' }),
  )
  const error = await failureOf(client.pushBlob('a', { digest: DIGEST }, probe(BLOB).stream))
  expect(error.message).toContain('redirects an upload')
  expect(lines().filter((line) => line.startsWith('PUT')).length).toBe(1)
})

test('a stream for the session of another process is not sent before the registry has asked', async () => {
  const answer = ({ method, headers }: Sent): Response => {
    if (headers.get('authorization') !== BASIC) return reply(401, { 'www-authenticate': 'Basic realm="x"' })
    return method === 'GET' ? reply(200) : reply(202, { location: '/u/1' })
  }
  const { id } = await wired(answer, { credentials: ANN }).client.startUpload('a')
  const { client, lines } = wired(answer, { credentials: ANN })
  for (let i = 1; i <= 2; i++)
    expect((await client.writeUpload('a', id, new Response('x').body!)).offset).toBe(1)
  expect(lines()).toEqual(['GET /v2/', 'GET /v2/', 'PATCH /u/1', 'PATCH /u/1'])
})
