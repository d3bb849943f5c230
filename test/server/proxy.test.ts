import { describe, expect, test } from 'vitest'
import {
  createStore,
  memory,
  ocikit,
  open,
  passThrough,
  type Registry,
  RegistryError,
} from '../../src/index.ts'
import { digestOf, type Handler, HOST, LOREM, locationOf, request, send, withDigest } from './http.ts'

/** The uploads of a registry somewhere else, spoken to over HTTP: an id is the newest Location. */
function remote(upstream: Handler): Registry {
  const ask = async (
    method: string,
    path: string,
    body?: Uint8Array | ReadableStream<Uint8Array>,
    range?: string,
  ) => {
    if (!path.startsWith('/v2/')) throw new Error(`a forged request to ${path}`)
    const headers = range === undefined ? {} : { 'content-range': range }
    const answer = await upstream.fetch(request(method, path, { headers, ...(body ? { body } : {}) }))
    const offset = Number(answer.headers.get('range')?.slice(2) ?? -1) + 1
    const upload = { id: answer.headers.get('location') ?? '', offset }
    if (answer.ok) return upload
    throw new RegistryError(
      answer.status === 416 ? 'RANGE_INVALID' : 'BLOB_UPLOAD_UNKNOWN',
      'upstream refused',
      {
        status: answer.status,
        ...(upload.id === '' ? {} : { upload }),
      },
    )
  }
  return passThrough(createStore({ storage: memory() }), {
    startUpload: async (repo) => ({ ...(await ask('POST', `/v2/${repo}/blobs/uploads/`)), offset: 0 }),
    uploadStatus: (_repo, id) => ask('GET', id),
    writeUpload: (_repo, id, body, { offset, size } = {}) =>
      ask(
        'PATCH',
        id,
        body,
        offset === undefined || size === undefined ? undefined : `${offset}-${offset + size - 1}`,
      ),
    finishUpload: async (_repo, id, digest, { body } = {}) => {
      await ask('PUT', withDigest(id, digest), body)
      return { mediaType: 'application/octet-stream', digest, size: 0 }
    },
    cancelUpload: async (_repo, id) => void (await ask('DELETE', id)),
    getBlob: async (_repo, digest) => {
      throw new RegistryError('BLOB_UNKNOWN', digest)
    },
  })
}

describe('a server in front of another one', () => {
  const upstream = ocikit({ storage: memory(), auth: open() })
  const kit = ocikit({ registry: remote(upstream), auth: open(), basePath: '/proxy' })
  const uploads = '/proxy/v2/a/blobs/uploads/'

  test('takes an upload in chunks, with a gap and a repeat on the way', async () => {
    let location = locationOf(await send(kit, 'POST', uploads))
    for (const [from, to] of [
      [0, 9],
      [10, 19],
      [20, LOREM.length - 1],
    ] as const) {
      const headers = { 'content-range': `${from}-${to}` }
      const chunk = { headers, body: LOREM.slice(from, to + 1) }
      const answer = await send(kit, 'PATCH', location, chunk)
      expect([answer.status, answer.headers.get('range')]).toEqual([202, `0-${to}`])
      expect((await send(kit, 'PATCH', location, chunk)).status).toBe(416)
      location = locationOf(answer)
      expect(location.startsWith(uploads)).toBe(true)
      expect(location).not.toContain('/v2/a/blobs/uploads//v2')
    }
    expect((await send(kit, 'PUT', withDigest(location, digestOf(LOREM)))).status).toBe(201)
    const there = await upstream.fetch(new Request(`${HOST}/v2/a/blobs/${digestOf(LOREM)}`))
    expect(await there.text()).toBe(LOREM)
  })

  test('after a 416 goes on where the session is', async () => {
    const first = await send(kit, 'PATCH', locationOf(await send(kit, 'POST', uploads)), {
      body: LOREM.slice(0, 9),
    })
    const headers = { 'content-range': '50-50' }
    const refused = await send(kit, 'PATCH', locationOf(first), { headers, body: 'x' })
    expect([refused.status, refused.headers.get('range')]).toEqual([416, '0-8'])
    const path = withDigest(locationOf(refused), digestOf(LOREM))
    expect((await send(kit, 'PUT', path, { body: LOREM.slice(9) })).status).toBe(201)
  })

  test('a path of the upstream is no upload id: nothing is sent there', async () => {
    const location = locationOf(await send(upstream, 'POST', '/v2/a/blobs/uploads/'))
    for (const id of [
      encodeURIComponent(location),
      location.split('/').at(-1),
      btoa(location).replaceAll('=', ''),
    ])
      expect([400, 404]).toContain((await send(kit, 'PATCH', `${uploads}${id}`, { body: 'x' })).status)
    expect((await send(upstream, 'GET', location)).headers.get('range')).toBe('0-0')
  })
})
