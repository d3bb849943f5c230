import { describe, expect, test } from 'vitest'
import { memory, type OcikitOptions, ocikit, open } from '../../src/index.ts'
import {
  digestOf,
  emptyIndex,
  errorIn,
  LOREM,
  locationOf,
  pushBlob,
  pushIndex,
  send,
  streamOf,
  withDigest,
} from './http.ts'

const make = (options: Partial<OcikitOptions> = {}) =>
  ocikit({ storage: memory(), auth: open(), ...options } as OcikitOptions)
const UPLOADS = '/v2/a/blobs/uploads/'
const aOf = (size: number): string => 'a'.repeat(size)

describe('maxManifestSize', () => {
  const kit = make({ maxManifestSize: 200 })
  const path = '/v2/a/manifests/x'

  test('up to it: 201; above it: 413 with SIZE_INVALID, by the announced length alone', async () => {
    const fit = emptyIndex('x'.repeat(200 - emptyIndex('').length))
    expect((await pushIndex(kit, 'a', 'x', { body: fit })).status).toBe(201)
    const answer = await pushIndex(kit, 'a', 'x', { body: `${fit} ` })
    expect(answer.status).toBe(413)
    expect(errorIn(answer)).toMatchObject({ code: 'SIZE_INVALID', detail: { limit: 200 } })
  })

  test('a body that does not say its length is not read further', async () => {
    const { body, pulled } = streamOf(1_000_000)
    expect((await send(kit, 'PUT', path, { body })).status).toBe(413)
    expect(pulled()).toBeLessThan(400)
  })
})

describe('maxBlobSize', () => {
  test('counts what earlier chunks have brought, and leaves the session as it was', async () => {
    const kit = make({ maxBlobSize: 100 })
    const started = await send(kit, 'POST', UPLOADS)
    const first = await send(kit, 'PATCH', locationOf(started), { body: aOf(60) })
    expect(first.status).toBe(202)
    const { body, pulled } = streamOf(1_000_000)
    for (const tooMuch of [aOf(41), body]) {
      const answer = await send(kit, 'PATCH', locationOf(first), { body: tooMuch })
      expect([answer.status, errorIn(answer).code]).toEqual([413, 'SIZE_INVALID'])
    }
    expect(pulled()).toBeLessThan(300)
    const status = await send(kit, 'GET', locationOf(first))
    expect(status.headers.get('range')).toBe('0-59')
    const second = await send(kit, 'PATCH', locationOf(status), { body: streamOf(40).body })
    expect([second.status, second.headers.get('range')]).toEqual([202, '0-99'])
    const put = await send(kit, 'PUT', withDigest(locationOf(second), digestOf(aOf(100))))
    expect(put.status).toBe(201)
  })

  test('holds for one POST and for one PUT, announced and streamed', async () => {
    const kit = make({ maxBlobSize: 100 })
    for (const size of [100, 101]) {
      for (const body of [aOf(size), streamOf(size).body, aOf(size), streamOf(size).body].entries()) {
        const [i, content] = body
        const digest = digestOf(aOf(size))
        const path = withDigest(i < 2 ? UPLOADS : locationOf(await send(kit, 'POST', UPLOADS)), digest)
        const answer = await send(kit, i < 2 ? 'POST' : 'PUT', path, { body: content })
        expect([size, i, answer.status]).toEqual([size, i, size === 100 ? 201 : 413])
      }
    }
    expect((await send(kit, 'HEAD', `/v2/a/blobs/${digestOf(aOf(101))}`)).status).toBe(404)
  })

  test('a PUT that is sent again after its answer was lost is still 201', async () => {
    for (const kit of [make(), make({ maxBlobSize: 1000 })]) {
      const path = withDigest(locationOf(await send(kit, 'POST', UPLOADS)), digestOf(LOREM))
      const sent = [
        await send(kit, 'PUT', path, { body: LOREM }),
        await send(kit, 'PUT', path, { body: LOREM }),
      ]
      expect(sent.map(({ status }) => status)).toEqual([201, 201])
    }
  })
})

describe('maxChunkSize', () => {
  test('limits each request, not the blob', async () => {
    const kit = make({ maxChunkSize: 10 })
    let location = locationOf(await send(kit, 'POST', UPLOADS))
    for (let i = 0; i < 3; i++) {
      const answer = await send(kit, 'PATCH', location, { body: aOf(10) })
      expect(answer.status).toBe(202)
      location = locationOf(answer)
    }
    for (const body of [aOf(11), streamOf(11, 4).body]) {
      expect((await send(kit, 'PATCH', location, { body })).status).toBe(413)
      expect((await send(kit, 'PUT', withDigest(location, digestOf('x')), { body: aOf(11) })).status).toBe(
        413,
      )
    }
    expect((await send(kit, 'PUT', withDigest(location, digestOf(aOf(30))))).status).toBe(201)
  })
})

test.each(['maxManifestSize', 'maxBlobSize', 'maxChunkSize'] as const)(
  '%s must be a number above 0',
  (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, '5' as unknown as number])
      expect(() => make({ [name]: value })).toThrow(TypeError)
    for (const value of [1, Number.POSITIVE_INFINITY]) make({ [name]: value })
  },
)

describe('options that do not fit together are a TypeError', () => {
  const registry = make().registry
  const wrong: [string, object][] = [
    ['no auth', { storage: memory() }],
    ['storage and registry', { storage: memory(), registry, auth: open() }],
    ['neither storage nor registry', { auth: open() }],
  ]
  test.each(wrong)('%s', (_, options) => {
    expect(() => ocikit(options as OcikitOptions)).toThrow(TypeError)
  })
})

describe('deletes that are switched off are 405 without DELETE in Allow', () => {
  test('of blobs', async () => {
    const kit = make({ deleteBlobs: false })
    const { location } = await pushBlob(kit, 'a', LOREM)
    const answer = await send(kit, 'DELETE', location)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(errorIn(answer).code).toBe('UNSUPPORTED')
    expect((await send(kit, 'HEAD', location)).status).toBe(200)
    await pushIndex(kit, 'a', 'x')
    expect((await send(kit, 'DELETE', '/v2/a/manifests/x')).status).toBe(202)
  })

  test('of manifests and tags', async () => {
    const kit = make({ deleteManifests: false })
    const { headers } = await pushIndex(kit, 'a', 'x')
    for (const reference of ['x', headers.get('docker-content-digest')!]) {
      const answer = await send(kit, 'DELETE', `/v2/a/manifests/${reference}`)
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT'])
    }
    const { location } = await pushBlob(kit, 'a', LOREM)
    expect((await send(kit, 'DELETE', location)).status).toBe(202)
  })
})

describe('repositoryName permits names on top of the grammar', () => {
  const rules: [string, RegExp | ((name: string) => boolean)][] = [
    ['a pattern', /^team\//],
    ['a pattern with the flag g, which remembers where it was', /team\//g],
    ['a sticky pattern', /team\//y],
    ['a function', (name) => name.startsWith('team/')],
  ]
  test.each(rules)('%s', async (_, repositoryName) => {
    const kit = make({ repositoryName })
    for (let i = 0; i < 4; i++) {
      expect((await send(kit, 'POST', '/v2/team/x/blobs/uploads/')).status).toBe(202)
      const answer = await send(kit, 'POST', '/v2/other/x/blobs/uploads/')
      expect([answer.status, errorIn(answer).code]).toEqual([400, 'NAME_INVALID'])
    }
  })
})
