/** Traces of single requests, and what is kept out of them. */

import { describe, expect, test } from 'vitest'
import { type Checkpoint, inspector, memory, ocikit, open, users } from '../../src/index.ts'
import { passThrough } from '../../src/registry.ts'
import type { Storage } from '../../src/storage/index.ts'
import { basic, locationOf, pushIndex, send } from '../server/http.ts'

const HEADER = 'x-oci-conformance-test'

function tracing(header?: string) {
  const seen: Checkpoint[] = []
  const inspect = inspector({ ...(header && { header }), to: (checkpoint) => seen.push(checkpoint) })
  const labels = () => seen.map(({ label }) => label)
  const last = (label: string) => seen.findLast((each) => each.label === label)?.value
  return { inspect, seen, labels, last }
}

describe('a request with the header', () => {
  test('shows what becomes of it; one without shows nothing', async () => {
    const { inspect, seen, labels, last } = tracing()
    const kit = ocikit({ storage: memory(), auth: open(), inspect })
    await pushIndex(kit, 'a', '1')
    expect(seen).toEqual([])
    await send(kit, 'GET', '/v2/a/manifests/1', { headers: { [HEADER]: 'pull by tag' } })
    expect(labels().filter((label) => label !== 'storage')).toEqual([
      'request',
      'action',
      'subject',
      'access',
      'answer',
    ])
    expect(labels()).toContain('storage')
    expect(new Set(seen.map(({ requestId }) => requestId)).size).toBe(1)
    expect(seen.every(({ test, ms }) => test === 'pull by tag' && ms >= 0)).toBe(true)
    expect(last('action')).toEqual({ endpoint: 'manifest', method: 'GET', repository: 'a', resource: '1' })
    expect(last('answer')).toMatchObject({ status: 200 })
  })

  test('shows its error', async () => {
    const { inspect, last } = tracing('x-trace')
    const kit = ocikit({ storage: memory(), auth: open(), inspect })
    await send(kit, 'GET', '/v2/a/manifests/1', { headers: { 'x-trace': '' } })
    expect(last('error')).toMatch(/^RegistryError: /)
    expect(last('answer')).toMatchObject({ status: 404 })
  })

  test('takes checkpoints of a driver, a wrapper and an authoriser', async () => {
    const { inspect, last } = tracing()
    const inner = memory()
    const storage: Storage = {
      ...inner,
      records: {
        ...inner.records,
        get(key, options) {
          options?.context?.inspect?.('my driver', { key })
          return inner.records.get(key, options)
        },
      },
    }
    const kit = ocikit({
      storage,
      auth: {
        ...open(),
        authorize(access, { inspect: show }) {
          show?.('my authoriser', access)
          return 'allow'
        },
      },
      wrap: (store) =>
        passThrough(store, {
          resolveManifest(repo, reference, options) {
            options?.context?.inspect?.('my wrapper', reference)
            return store.resolveManifest(repo, reference, options)
          },
        }),
      inspect,
    })
    await send(kit, 'HEAD', '/v2/a/manifests/1', { headers: { [HEADER]: 'x' } })
    expect(last('my driver')).toMatchObject({ key: expect.stringContaining('a/_tags/1') })
    expect(last('my wrapper')).toBe('1')
    expect(last('my authoriser')).toMatchObject({ name: 'a', action: 'pull' })
  })

  test('is served as without it, also when an inspector of somebody else fails', async () => {
    const fail = () => {
      throw new Error('no')
    }
    const observe = (storage: Storage) => storage
    for (const begin of [fail, () => fail]) {
      const kit = ocikit({ storage: memory(), auth: open(), inspect: { begin, observe } })
      expect((await send(kit, 'GET', '/v2/')).status).toBe(200)
      expect((await send(kit, 'GET', '/v2/a/manifests/1')).status).toBe(404)
    }
  })

  test('is served as without it, also when what looks on fails', async () => {
    const inspect = inspector({
      to: () => {
        throw new Error('no')
      },
    })
    const kit = ocikit({ storage: memory(), auth: open(), inspect })
    expect((await send(kit, 'GET', '/v2/', { headers: { [HEADER]: 'x' } })).status).toBe(200)
  })
})

describe('kept out are', () => {
  const PASSWORD = 'pa55:word!'
  const AUTH = basic('ann', PASSWORD)

  test('the credentials of the request, wherever they occur', async () => {
    const { inspect, seen } = tracing()
    const kit = ocikit({
      storage: memory(),
      auth: {
        ...users([{ name: 'ann', password: PASSWORD }]),
        authorize(_, { inspect: show }) {
          show?.(`a slip: ${PASSWORD}`, { note: `it was ${PASSWORD}`, raw: AUTH['authorization'] })
          return 'allow'
        },
      },
      inspect,
    })
    const headers = { ...AUTH, [HEADER]: AUTH['authorization']!, cookie: 'session=abc123secret' }
    await send(kit, 'GET', '/v2/_catalog', { headers })
    const text = JSON.stringify(seen)
    expect(text).toContain('a slip: [redacted]')
    for (const secret of [PASSWORD, AUTH['authorization']!.slice(6), 'abc123secret'])
      expect(text).not.toContain(secret)
  })

  test.each([
    [{ password: 'hunter2', apiKey: 'hunter2', 'set-cookie': 'hunter2', deep: { clientSecret: 'hunter2' } }],
    ['https://bucket.example/a?X-Amz-Signature=hunter2&X-Amz-Credential=hunter2&part=1'],
    ['https://ann:hunter2@registry.example/v2/'],
    [{ 'cf-access-jwt-assertion': 'eyJhbGciOiJub25lIn0.hunter2.hunter2' }],
    ['asked with Bearer hunter2.hunter2.hunter2'],
    [['a', { authorization: 'hunter2' }]],
    [new Error('Basic aHVudGVyMg== is wrong')],
  ])('what looks like a secret: %j', async (value) => {
    const { inspect, seen } = tracing()
    const begun = inspect.begin(new Request('http://registry.test/', { headers: { [HEADER]: 'x' } }), 'id')!
    begun('value', value)
    expect(JSON.stringify(seen)).not.toMatch(/hunter2|aHVudGVyMg/)
    expect(JSON.stringify(seen)).toContain('[redacted]')
  })

  test('upload ids, which are keys to a session', async () => {
    const { inspect, seen } = tracing()
    const kit = ocikit({ storage: memory(), auth: open(), inspect })
    const headers = { [HEADER]: 'x' }
    const session = locationOf(await send(kit, 'POST', '/v2/a/blobs/uploads/', { headers }))
    await send(kit, 'PATCH', session, { headers, body: 'x' })
    const id = session.split('/').at(-1)!
    expect(JSON.stringify(seen)).not.toContain(id)
    expect(JSON.stringify(seen)).toContain(id.slice(0, 8))
  })

  test('what is too long, too deep or too much, and what cannot be shown', () => {
    const { inspect, seen } = tracing()
    const begun = inspect.begin(
      new Request('http://registry.test/', { headers: { [HEADER]: 'x'.repeat(500) } }),
      'id',
    )!
    const ring: Record<string, unknown> = {}
    ring['ring'] = ring
    const hostile = {
      get field(): never {
        throw new Error('no')
      },
    }
    for (const value of [
      'x'.repeat(1e6),
      Array(1e5).fill('x'),
      ring,
      hostile,
      5n,
      () => {},
      new Uint8Array(9),
    ]) {
      begun('value', value)
    }
    for (let i = 0; i < 5000; i++) begun('more')
    expect(seen).toHaveLength(1000)
    expect(JSON.stringify(seen.slice(0, 7)).length).toBeLessThan(5000)
  })
})

test('a header that cannot be is refused', () => {
  expect(() => inspector({ header: 'a b', to: () => {} })).toThrow(TypeError)
})
