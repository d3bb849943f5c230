/** Whether a registry lives, and whether it can serve. */

import { Hono } from 'hono'
import { expect, test, vi } from 'vitest'
import { createStore, defineRegistry, memory, metrics, ocikit, open, RegistryError } from '../../src/index.ts'
import { monitor } from '../../src/server/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { errorIn, HOST, send } from '../server/http.ts'
import { recordingLogger } from './recording.ts'

function fails(size: Storage['contents']['size']): Storage {
  const storage = memory()
  return { ...storage, contents: { ...storage.contents, size } }
}

test('/healthz and /readyz answer beside the registry, without a login', async () => {
  const auth = { ...open('none') }
  const kit = ocikit({ storage: memory(), auth, health: true })
  expect(await send(kit, 'GET', '/healthz')).toMatchObject({ status: 200, text: 'ok\n' })
  const ready = await send(kit, 'GET', '/readyz')
  expect(ready).toMatchObject({ status: 200, text: 'ready\n' })
  expect(ready.headers.get('cache-control')).toContain('no-store')
  expect((await send(kit, 'HEAD', '/readyz')).status).toBe(200)
  expect((await send(kit, 'GET', '/metrics')).status).toBe(404)
})

test('a storage that cannot be reached makes it 503, and only that; the log says why', async () => {
  const { logger, lines } = recordingLogger()
  const storage = fails(() => Promise.reject(new Error('no route to host')))
  const kit = ocikit({ storage, auth: open(), health: true, logger })
  const answer = await send(kit, 'GET', '/readyz')
  expect(answer.status).toBe(503)
  expect(errorIn(answer)).toMatchObject({ code: 'UNAVAILABLE' })
  expect(answer.text).not.toContain('route')
  expect(lines().filter((line) => line.includes('no route to host'))).toHaveLength(1)
  expect((await send(kit, 'GET', '/healthz')).status).toBe(200)
})

test('a storage that cannot be opened makes it 503, too', async () => {
  const kit = ocikit({ storage: () => Promise.reject(new Error('locked')), auth: open(), health: true })
  expect((await send(kit, 'GET', '/readyz')).status).toBe(503)
})

test('many who ask at once ask the storage once, however slow it is', async () => {
  let asked = 0
  let answer: (size: null) => void = () => {}
  const storage = fails(() => {
    asked++
    return new Promise((resolve) => {
      answer = resolve
    })
  })
  const kit = ocikit({ storage, auth: open(), health: true })
  const all = Array.from({ length: 20 }, () => send(kit, 'GET', '/readyz'))
  await expect.poll(() => asked).toBe(1)
  // However busy the machine is, no time goes by.
  using _clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  answer(null)
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect((await send(kit, 'GET', '/readyz')).status).toBe(200)
  expect(asked).toBe(1)
})

test('who is never answered keeps nobody else waiting', async () => {
  let asked = 0
  const ready = () => (++asked === 1 ? new Promise<void>(() => {}) : Promise.resolve())
  const app = monitor({ health: true, metrics: false, logger: undefined, ready, numbers: async () => '' })
  using clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  void app.request('/readyz')
  clock.mockReturnValue(5000)
  expect((await app.request('/readyz')).status).toBe(200)
  expect(asked).toBe(2)
})

test('a registry without a storage: what it means to answer counts as an answer', async () => {
  const readyWith = async (registry: Parameters<typeof defineRegistry>[0]) => {
    const kit = ocikit({ registry: defineRegistry(registry), auth: open(), health: true })
    return (await send(kit, 'GET', '/readyz')).status
  }
  expect(await readyWith({})).toBe(200)
  expect(await readyWith(createStore({ storage: memory() }))).toBe(200)
  const down = new RegistryError('UNAVAILABLE', 'upstream is down')
  const next = () => Promise.reject(down)
  expect(await readyWith({ repositories: () => ({ [Symbol.asyncIterator]: () => ({ next }) }) })).toBe(503)
})

test('apart: only the monitor shows them', async () => {
  const kit = ocikit({
    storage: memory(),
    auth: open(),
    health: true,
    metrics: metrics(),
    monitorApart: true,
  })
  for (const path of ['/metrics', '/healthz', '/readyz']) {
    expect((await send(kit, 'GET', path)).status, path).toBe(404)
    expect((await send(kit.monitor, 'GET', path)).status, path).toBe(200)
  }
  expect((await send(kit.monitor, 'GET', '/v2/')).status).toBe(404)
})

test('in another application and below a base path', async () => {
  const below = ocikit({ storage: memory(), auth: open(), health: true, basePath: '/registry' })
  expect((await send(below, 'GET', '/registry/healthz')).status).toBe(200)
  const kit = ocikit({ storage: memory(), auth: open(), health: true })
  const app = new Hono().route('/one', kit.app).get('/', (c) => c.text('home'))
  expect((await app.request(`${HOST}/one/readyz`)).status).toBe(200)
  expect(await (await app.request(`${HOST}/`)).text()).toBe('home')
})
