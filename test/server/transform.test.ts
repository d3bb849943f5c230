import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { expect, test } from 'vitest'
import { memory, ocikit, open, users } from '../../src/index.ts'
import { digestOf, LOREM, pushBlob, pushIndex, send, utf8 } from './http.ts'

const digest = digestOf(LOREM)

test.each([
  ['/v2/', 200],
  ['/v2/nothing', 404],
  ['/v2/a/tags/list', 200],
  ['/v2/a/tags/list?n=x', 400],
  ['/v2/_catalog', 200],
  ['/v2/a/manifests/latest', 200],
  ['/v2/a/manifests/none', 404],
  [`/v2/a/referrers/${digest}`, 200],
  [`/v2/a/blobs/${digest}`, 200],
  [`/v2/a/blobs/${digestOf('other')}`, 404],
])('%s (%i) says how long it is, so nobody on the way may compress it', async (path, status) => {
  const app = new Hono()
  app.use(compress({ threshold: 0 }))
  const kit = ocikit({ storage: memory(), auth: open() })
  await pushBlob(kit, 'a', LOREM)
  await pushIndex(kit, 'a', 'latest')
  app.route('/', kit.app)
  const answer = await send(app, 'GET', path, { headers: { 'accept-encoding': 'gzip' } })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('cache-control')).toContain('no-transform')
  expect(answer.headers.get('content-encoding')).toBe(null)
  expect(answer.headers.get('content-length')).toBe(String(utf8(answer.text).length))
})

test('nor the challenge', async () => {
  const kit = ocikit({ storage: memory(), auth: users([{ name: 'ann', password: 'secret' }]) })
  const answer = await send(kit, 'GET', '/v2/')
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([401, 'no-store, no-transform'])
})
