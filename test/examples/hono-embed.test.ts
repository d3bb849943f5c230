import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT, type RunningExample, startExample } from './start.ts'

const isBuilt = existsSync(join(ROOT, 'dist/src/index.js'))
if (!isBuilt) console.warn('skipped: the example hono-embed, dist is missing: npm run build')

describe.skipIf(!isBuilt)('the example hono-embed', () => {
  let example: RunningExample
  beforeAll(async () => {
    example = await startExample('hono-embed')
  })
  afterAll(() => example?.stop())

  /** Asks for a host by its name, which need not resolve. */
  const ask = (host: string, path: string, method = 'GET', body = '') =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const headers = { host, 'content-type': 'application/octet-stream' }
      const sent = request(`http://${example.host}${path}`, { method, headers }, (answer) => {
        text(answer).then((said) => resolve({ status: answer.statusCode, body: said }), reject)
      })
      sent.once('error', reject)
      sent.end(body)
    })

  test('the other routes of both sites answer', async () => {
    expect((await ask('team.localhost', '/')).body).toBe('team: the registry is at /v2/')
    expect((await ask('example.org', '/')).body).toBe('everybody: the registry is at /v2/')
    expect((await ask('example.org', '/health')).body).toBe('{"ok":true}')
  })

  test('what is pushed to one host is not at the other', async () => {
    const digest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    const pushed = await ask('team.localhost', `/v2/a/blobs/uploads/?digest=${digest}`, 'POST', '{}')
    expect(pushed.status).toBe(201)
    expect(await ask('team.localhost', `/v2/a/blobs/${digest}`)).toEqual({ status: 200, body: '{}' })
    expect((await ask('example.org', `/v2/a/blobs/${digest}`)).status).toBe(404)
  })
})
