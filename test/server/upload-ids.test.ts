import { describe, expect, test } from 'vitest'
import {
  type Auth,
  createStore,
  defineRegistry,
  memory,
  ocikit,
  open,
  passThrough,
  type Registry,
  RegistryError,
} from '../../src/index.ts'
import { digestOf, errorIn, type Handler, LOREM, locationOf, send, withDigest } from './http.ts'

const byHeader: Auth = {
  authenticate: (request) => {
    const name = request.headers.get('x-member')
    return name === null ? null : { name }
  },
  authorize: () => 'allow',
  challenge: () => null,
}

async function begin(kit: Handler, repo = 'a', headers: Record<string, string> = {}): Promise<string> {
  return locationOf(await send(kit, 'POST', `/v2/${repo}/blobs/uploads/`, { headers }))
}

/** All that can be done with an upload. */
const METHODS = ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE']

async function statuses(kit: Handler, location: string, headers = {}): Promise<number[]> {
  const path = withDigest(location, digestOf(LOREM))
  const answers = METHODS.map(async (method) => (await send(kit, method, path, { headers })).status)
  return Promise.all(answers)
}

/** A registry whose upload ids are addresses of somewhere else, as a client's are. */
function upstream(): Registry {
  const store = createStore({ storage: memory() })
  const PREFIX = 'https://upstream.test/uploads/?state='
  const out = <T extends { id: string }>(upload: T): T => ({ ...upload, id: PREFIX + upload.id })
  const into = (id: string): string => {
    if (!id.startsWith(PREFIX)) throw new Error(`a forged request to ${id}`)
    return id.slice(PREFIX.length)
  }
  const rethrow = (error: unknown): never => {
    if (!(error instanceof RegistryError) || !error.upload) throw error
    const { code, message, status, upload } = error
    throw new RegistryError(code, message, { status, upload: out(upload) })
  }
  return passThrough(store, {
    startUpload: async (repo, options) => out(await store.startUpload(repo, options)),
    uploadStatus: async (repo, id, options) => out(await store.uploadStatus(repo, into(id), options)),
    writeUpload: async (repo, id, body, options) =>
      out(await store.writeUpload(repo, into(id), body, options).catch(rethrow)),
    finishUpload: (repo, id, digest, options) =>
      store.finishUpload(repo, into(id), digest, options).catch(rethrow),
    cancelUpload: (repo, id, options) => store.cancelUpload(repo, into(id), options).catch(rethrow),
  })
}

const kinds: [string, () => Handler][] = [
  ['a store', () => ocikit({ storage: memory(), auth: byHeader })],
  ['a registry with ids that are URLs', () => ocikit({ registry: upstream(), auth: byHeader })],
]

describe.each(kinds)('upload ids of %s', (_, make) => {
  test('are nothing but base64url, and work', async () => {
    const kit = make()
    const location = await begin(kit)
    expect(location).toMatch(/^\/v2\/a\/blobs\/uploads\/[A-Za-z0-9_-]+$/)
    const first = await send(kit, 'PATCH', location, { body: LOREM.slice(0, 5) })
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-4'])
    const second = await send(kit, 'PATCH', locationOf(first), {
      body: LOREM.slice(5),
      headers: { 'content-range': `5-${LOREM.length - 1}` },
    })
    expect((await send(kit, 'PUT', withDigest(locationOf(second), digestOf(LOREM)))).status).toBe(201)
    expect((await send(kit, 'GET', `/v2/a/blobs/${digestOf(LOREM)}`)).text).toBe(LOREM)
  })

  test('are for one repository and one subject: anybody else gets 404', async () => {
    const kit = make()
    const ann = { 'x-member': 'ann' }
    const location = await begin(kit, 'a', ann)
    expect(await statuses(kit, location)).toEqual([404, 404, 404, 404, 404])
    expect(await statuses(kit, location, { 'x-member': 'bob' })).toEqual([404, 404, 404, 404, 404])
    expect(await statuses(kit, location.replace('/a/', '/b/'), ann)).toEqual([404, 404, 404, 404, 404])
    expect((await send(kit, 'GET', location, { headers: ann })).status).toBe(204)
  })

  test('forged, altered and cut ones are 404 with BLOB_UPLOAD_UNKNOWN, and reach nothing', async () => {
    const kit = make()
    const location = await begin(kit)
    const at = location.length - 10
    const altered = location.slice(0, at) + (location[at] === 'A' ? 'B' : 'A') + location.slice(at + 1)
    const ids = ['x', 'https:%2F%2Fupstream.test%2F', 'A'.repeat(51), '%00', 'A'.repeat(2000)]
    for (const path of [altered, location.slice(0, -1), ...ids.map((id) => `/v2/a/blobs/uploads/${id}`)]) {
      const answer = await send(kit, 'PATCH', path, { body: 'x' })
      expect([answer.status, path]).toEqual([404, path])
      expect(['BLOB_UPLOAD_UNKNOWN', 'NOT_FOUND']).toContain(errorIn(answer).code)
    }
  })

  test('stand in the 416 too, and the session goes on there', async () => {
    const kit = make()
    const patched = await send(kit, 'PATCH', await begin(kit), { body: LOREM.slice(0, 5) })
    const headers = { 'content-range': '9-9' }
    const refused = await send(kit, 'PATCH', locationOf(patched), { headers, body: 'x' })
    expect([refused.status, refused.headers.get('range')]).toEqual([416, '0-4'])
    expect(locationOf(refused)).toMatch(/^\/v2\/a\/blobs\/uploads\/[A-Za-z0-9_-]+$/)
    const path = withDigest(locationOf(refused), digestOf(LOREM))
    const put = await send(kit, 'PUT', path, { body: LOREM.slice(5) })
    expect(put.status).toBe(201)
  })

  test('of a cancelled session are 404', async () => {
    const kit = make()
    const patched = await send(kit, 'PATCH', await begin(kit), { body: 'x' })
    expect((await send(kit, 'DELETE', locationOf(patched))).status).toBe(204)
    expect(await statuses(kit, locationOf(patched))).toEqual([404, 404, 404, 404, 404])
  })
})

describe('sessions and handlers', () => {
  test('a session goes on in a new handler over the same storage: a restart, or another replica', async () => {
    const storage = memory()
    const [before, after] = [ocikit({ storage, auth: open() }), ocikit({ storage, auth: open() })]
    const patched = await send(before, 'PATCH', await begin(before), { body: LOREM.slice(0, 5) })
    const path = withDigest(locationOf(patched), digestOf(LOREM))
    expect((await send(after, 'PUT', path, { body: LOREM.slice(5) })).status).toBe(201)
    expect((await send(before, 'GET', `/v2/a/blobs/${digestOf(LOREM)}`)).text).toBe(LOREM)
  })

  test('replicas of a registry share a session if they share an uploadKey, else not', async () => {
    const registry = upstream()
    const key = new Uint8Array(32).fill(7)
    const [a, b] = [1, 2].map(() => ocikit({ registry, auth: open(), uploadKey: key }))
    const other = ocikit({ registry, auth: open() })
    const location = await begin(a!)
    expect((await send(b!, 'GET', location)).status).toBe(204)
    expect((await send(other, 'GET', location)).status).toBe(404)
    expect(() => ocikit({ registry, auth: open(), uploadKey: key.subarray(1) })).toThrow(TypeError)
  })

  test('the server binds them to repository and subject also where the registry behind it does not', async () => {
    const upload = { id: 'always the same', offset: 0 }
    const registry = defineRegistry({ startUpload: async () => upload, uploadStatus: async () => upload })
    const kit = ocikit({ registry, auth: byHeader })
    const headers = { 'x-member': 'ann' }
    const location = await begin(kit, 'a', headers)
    expect((await send(kit, 'GET', location, { headers })).status).toBe(204)
    expect((await send(kit, 'GET', location.replace('/a/', '/b/'), { headers })).status).toBe(404)
    expect((await send(kit, 'GET', location, { headers: { 'x-member': 'bob' } })).status).toBe(404)
    expect((await send(kit, 'GET', location)).status).toBe(404)
  })

  test.each(['uploadStatus', 'cancelUpload', 'finishUpload'] as const)(
    'an error of %s that carries the session shows no id of the upstream',
    async (method) => {
      const inner = 'https://upstream.test/?secret=1'
      const upload = { id: inner, offset: 5 }
      const fail = (): Promise<never> =>
        Promise.reject(new RegistryError('RANGE_INVALID', 'busy', { upload }))
      const registry = defineRegistry({ startUpload: async () => upload, [method]: fail })
      const kit = ocikit({ registry, auth: open() })
      const verb = { uploadStatus: 'GET', cancelUpload: 'DELETE', finishUpload: 'PUT' }[method]
      const answer = await send(kit, verb, withDigest(await begin(kit), digestOf(LOREM)))
      expect(answer.status).toBe(416)
      expect([...answer.headers].join()).not.toContain('upstream')
      expect(locationOf(answer)).toMatch(/^\/v2\/a\/blobs\/uploads\/[A-Za-z0-9_-]+$/)
    },
  )
})
