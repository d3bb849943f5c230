/** The switch that refuses writes while requests are served. */

import { expect, test } from 'vitest'
import { memory, ocikit, open, users } from '../../src/index.ts'
import { basic, digestOf, errorIn, LOREM, locationOf, pushBlob, pushIndex, send, withDigest } from './http.ts'

test('while it is on, every write is 405 and says why, and every read is served', async () => {
  const kit = ocikit({ storage: memory(), auth: open() })
  const { digest } = await pushBlob(kit, 'a', LOREM)
  expect((await pushIndex(kit, 'a', '1')).status).toBe(201)
  const session = locationOf(await send(kit, 'POST', '/v2/a/blobs/uploads/'))
  kit.readOnly = true
  expect(kit.readOnly).toBe(true)
  const writes = [
    ['POST', '/v2/a/blobs/uploads/'],
    ['POST', `/v2/b/blobs/uploads/?mount=${digest}&from=a`],
    ['POST', `/v2/a/blobs/uploads/?digest=${digestOf('x')}`],
    ['PATCH', session],
    ['PUT', withDigest(session, digestOf('x'))],
    ['DELETE', session],
    ['PUT', '/v2/a/manifests/2'],
    ['DELETE', '/v2/a/manifests/1'],
    ['DELETE', `/v2/a/blobs/${digest}`],
  ] as const
  for (const [method, path] of writes) {
    const answer = await send(kit, method, path, method === 'DELETE' ? {} : { body: 'x' })
    expect([method, path, answer.status]).toEqual([method, path, 405])
    expect(answer.headers.get('allow')).toBe('GET, HEAD')
    expect(errorIn(answer)).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('read-only'),
    })
  }
  const reads = ['/v2/', '/v2/_catalog', '/v2/a/tags/list', '/v2/a/manifests/1', `/v2/a/blobs/${digest}`]
  for (const path of reads) expect((await send(kit, 'GET', path)).status, path).toBe(200)
  expect((await send(kit, 'GET', session)).status).toBe(204)
})

test('an upload goes on where it was', async () => {
  const kit = ocikit({ storage: memory(), auth: open() })
  const begun = await send(kit, 'POST', '/v2/a/blobs/uploads/')
  const half = await send(kit, 'PATCH', locationOf(begun), { body: LOREM.slice(0, 9) })
  kit.readOnly = true
  const put = withDigest(locationOf(half), digestOf(LOREM))
  expect((await send(kit, 'PUT', put, { body: LOREM.slice(9) })).status).toBe(405)
  expect((await send(kit, 'GET', locationOf(half))).headers.get('range')).toBe('0-8')
  kit.readOnly = false
  expect((await send(kit, 'PUT', put, { body: LOREM.slice(9) })).status).toBe(201)
})

test('who may not write is told that first', async () => {
  const auth = users([{ name: 'ann', password: 'a', permissions: { '**': 'read' } }])
  const kit = ocikit({ storage: memory(), auth, readOnly: true })
  expect((await send(kit, 'POST', '/v2/a/blobs/uploads/')).status).toBe(401)
  const headers = basic('ann', 'a')
  expect((await send(kit, 'POST', '/v2/a/blobs/uploads/', { headers })).status).toBe(403)
})

test('its own upkeep works all the same', async () => {
  const kit = ocikit({ storage: memory(), auth: open(), readOnly: true })
  expect(await kit.sweep()).toEqual({ sessions: 0 })
  expect(await kit.collect()).toMatchObject({ contents: 0 })
})
