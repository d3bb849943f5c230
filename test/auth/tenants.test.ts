import { expect, test } from 'vitest'
import { createStore, memory, ocikit, prefixed, REGISTRY_METHODS, users } from '../../src/index.ts'
import { perContext } from '../../src/server/per-context.ts'
import { basic, locationOf, pushBlob, pushIndex, send } from '../server/http.ts'

const ANN = basic('ann', 'a')
const BOB = basic('bob', 'b')

function tenants() {
  const storage = memory()
  const stores = {
    ann: createStore({ storage: prefixed(storage, 't/red/') }),
    bob: createStore({ storage: prefixed(storage, 't/blue/') }),
  }
  const auth = users([
    { name: 'ann', password: 'a' },
    { name: 'bob', password: 'b' },
  ])
  return ocikit({ auth, registry: ({ subject }) => stores[subject!.name as 'ann' | 'bob'] })
}

test('a tenant sees nothing of another: no name, no tag, no blob, no mount, no upload', async () => {
  const kit = tenants()
  const { digest } = await pushBlob(kit, 'a', 'hers', { headers: ANN })
  expect((await pushIndex(kit, 'a', '1', { headers: ANN })).status).toBe(201)
  const status = async (method: string, path: string, headers: Record<string, string>) =>
    (await send(kit, method, path, { headers })).status
  expect(await status('GET', '/v2/a/manifests/1', ANN)).toBe(200)
  for (const path of ['a/manifests/1', 'a/tags/list', `a/blobs/${digest}`])
    expect(await status('GET', `/v2/${path}`, BOB)).toBe(404)
  for (const query of [`mount=${digest}&from=a`, `mount=${digest}`])
    expect(await status('POST', `/v2/b/blobs/uploads/?${query}`, BOB)).toBe(202)
  expect((await send(kit, 'GET', '/v2/_catalog', { headers: BOB })).text).toBe('{"repositories":[]}')
  expect((await send(kit, 'GET', '/v2/_catalog', { headers: ANN })).text).toBe('{"repositories":["a"]}')
  const started = await send(kit, 'POST', '/v2/a/blobs/uploads/', { headers: ANN })
  expect(await status('GET', locationOf(started), BOB)).toBe(404)
  expect(await status('GET', locationOf(started), ANN)).toBe(204)
  expect(
    (await pushIndex(kit, 'a', '1', { headers: BOB, body: '{"schemaVersion":2,"manifests":[]}' })).status,
  ).toBe(201)
  expect((await send(kit, 'GET', '/v2/a/manifests/1', { headers: ANN })).text).toContain('annotations')
})

test('a call that is nobody’s reaches no tenant', () => {
  const registry = perContext(() => expect.unreachable('chosen'))
  for (const method of REGISTRY_METHODS)
    expect(() => (registry[method] as (...args: unknown[]) => unknown)('a', 'b', 'c', {}), method).toThrow(
      TypeError,
    )
})
