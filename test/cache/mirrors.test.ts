/** Mirrors over HTTP, beside what is pushed to the same server. */

import { describe, expect, test } from 'vitest'
import { mirrors } from '../../src/cache/index.ts'
import { anonymous, memory, policy, users } from '../../src/index.ts'
import { type TestRegistry, testRegistry } from '../../src/testing/index.ts'
import { pushImage, type Upstream, upstream } from './stage.ts'

interface Server {
  readonly hub: Upstream
  readonly other: Upstream
  readonly server: TestRegistry
  get(path: string, init?: RequestInit): Promise<Response>
}

function serverOf(options: Parameters<typeof testRegistry>[0] = {}): Server {
  const [hub, other] = [upstream(), upstream()]
  const upstreams = { 'docker.io': hub.client, 'registry.internal:5000': other.client }
  const server = testRegistry({ storage: memory(), mirrors: mirrors({ upstreams }), ...options })
  return { hub, other, server, get: (path, init) => server.fetch(path, init) }
}

/** The digest that an answer tells, or its status. */
async function digestOf(answer: Promise<Response>): Promise<string | number> {
  const response = await answer
  await response.arrayBuffer()
  return response.ok ? response.headers.get('docker-content-digest')! : response.status
}

describe('a mirrored name', () => {
  test('is reached by ?ns=, by its path, and, of the first mirror, plainly', async () => {
    const { hub, other, get } = serverOf()
    const alpine = await pushImage(hub.registry, 'library/alpine', '3')
    const tool = await pushImage(other.registry, 'team/tool', '1')
    const [{ digest }, { digest: layer }] = [alpine.manifest, alpine.layer]
    const paths = [
      '/v2/library/alpine/manifests/3?ns=docker.io',
      '/v2/alpine/manifests/3?ns=docker.io',
      '/v2/docker.io/library/alpine/manifests/3',
      '/v2/docker.io/alpine/manifests/3',
      '/v2/library/alpine/manifests/3',
      '/v2/alpine/manifests/3',
    ]
    for (const path of paths) {
      expect([path, await digestOf(get(path))]).toEqual([path, digest])
      expect([path, await digestOf(get(path, { method: 'HEAD' }))]).toEqual([path, digest])
    }
    expect(hub.asked).toEqual(['GET /v2/library/alpine/manifests/3'])
    expect(await digestOf(get('/v2/team/tool/manifests/1?ns=registry.internal:5000'))).toBe(
      tool.manifest.digest,
    )
    expect(await digestOf(get('/v2/registry.internal_5000/team/tool/manifests/1'))).toBe(tool.manifest.digest)
    expect(await digestOf(get('/v2/team/tool/manifests/1'))).toBe(404)
    for (const name of ['library/alpine', 'docker.io/library/alpine'])
      expect(await digestOf(get(`/v2/${name}/blobs/${layer}?ns=docker.io`))).toBe(layer)
    expect(await digestOf(get(`/v2/library/alpine/blobs/${layer}`))).toBe(layer)
  })

  test('has its tags, its referrers, and says whose it is', async () => {
    const { hub, get } = serverOf()
    const { manifest } = await pushImage(hub.registry, 'library/alpine', '3')
    for (const path of [
      'library/alpine/tags/list?ns=docker.io',
      'alpine/tags/list',
      'docker.io/alpine/tags/list',
    ]) {
      const response = await get(`/v2/${path}`)
      expect([path, (await response.json()).tags]).toEqual([path, ['3']])
      expect(response.headers.get('oci-namespace')).toBe(path.includes('ns=') ? 'docker.io' : null)
    }
    const subject = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length }
    const type = 'application/vnd.oci.image.index.v1+json'
    const body = { schemaVersion: 2, mediaType: type, artifactType: 'a/b', manifests: [], subject }
    await hub.registry.pushManifest('library/alpine', new TextEncoder().encode(JSON.stringify(body)), type)
    for (const path of [
      `library/alpine/referrers/${manifest.digest}?ns=docker.io`,
      `alpine/referrers/${manifest.digest}`,
    ])
      expect([path, (await (await get(`/v2/${path}`)).json()).manifests.length]).toEqual([path, 1])
  })

  test('cannot be pushed to, and says where to', async () => {
    const { get } = serverOf()
    for (const path of [
      '/v2/docker.io/library/alpine/blobs/uploads/',
      '/v2/library/alpine/blobs/uploads/?ns=docker.io',
    ]) {
      const response = await get(path, { method: 'POST' })
      expect(response.status).toBe(403)
      expect((await response.json()).errors[0]).toMatchObject({
        code: 'DENIED',
        message: 'what is below docker.io/ here is a mirror: push it to docker.io itself',
      })
    }
    const put = await get('/v2/docker.io/library/alpine/manifests/1', { method: 'PUT', body: '{}' })
    expect(put.status).toBe(403)
    const gone = await get('/v2/docker.io/library/alpine/manifests/1', { method: 'DELETE' })
    expect(gone.status).toBe(403)
  })

  test('is in the catalog when something of it is kept, beside what was pushed', async () => {
    const { hub, server, get } = serverOf()
    await pushImage(hub.registry, 'library/alpine', '3')
    await pushImage(server.registry, 'mine', '1')
    await digestOf(get('/v2/docker.io/library/alpine/manifests/3'))
    const { repositories } = await (await get('/v2/_catalog')).json()
    expect(repositories).toEqual(['docker.io/library/alpine', 'mine'])
  })
})

describe('what is pushed here', () => {
  test('is never taken for a stranger’s of the same name', async () => {
    const { hub, server, get } = serverOf()
    const theirs = await pushImage(hub.registry, 'library/app', '2')
    const { manifest } = await pushImage(server.registry, 'app', '1')
    expect(await digestOf(get('/v2/app/manifests/1'))).toBe(manifest.digest)
    expect(await digestOf(get('/v2/app/manifests/2'))).toBe(404)
    expect(await digestOf(get(`/v2/app/blobs/${theirs.layer.digest}`))).toBe(404)
    expect(hub.asked).toEqual([])
  })

  test('is pushed without a question to a mirror, by name or by HEAD of a blob', async () => {
    const { hub, get } = serverOf()
    const { layer } = await pushImage(hub.registry, 'library/app', '1')
    expect(await digestOf(get(`/v2/library/app/blobs/${layer.digest}`, { method: 'HEAD' }))).toBe(404)
    expect((await get('/v2/library/app/blobs/uploads/', { method: 'POST' })).status).toBe(202)
    expect(hub.asked).toEqual([])
  })

  test('is what a name with the ns of somebody who is not mirrored means, and nothing else', async () => {
    const { hub, server, get } = serverOf()
    await pushImage(hub.registry, 'library/theirs', '1')
    const { manifest } = await pushImage(server.registry, 'mine', '1')
    expect(await digestOf(get('/v2/mine/manifests/1?ns=quay.io'))).toBe(manifest.digest)
    expect(await digestOf(get('/v2/library/theirs/manifests/1?ns=quay.io'))).toBe(404)
    expect(await digestOf(get('/v2/mine/manifests/1?ns=%0d%0aevil'))).toBe(manifest.digest)
    expect(hub.asked).toEqual([])
  })
})

describe('rules', () => {
  const auth = {
    ...users([{ name: 'ann', password: 'secret' }]),
    authorize: policy({
      rules: [
        { who: 'everyone', repositories: ['library/**', 'docker.io/library/open'], allow: 'read' },
        { who: 'user:ann', repositories: 'docker.io/**', allow: 'read' },
      ],
    }),
  }

  test('see the repository that is meant', async () => {
    const { hub, get } = serverOf({ auth })
    for (const name of ['library/open', 'library/closed']) await pushImage(hub.registry, name, '1')
    const ann = { headers: { authorization: `Basic ${btoa('ann:secret')}` } }
    for (const path of [
      'library/open/manifests/1',
      'library/open/manifests/1?ns=docker.io',
      'open/manifests/1?ns=docker.io',
    ])
      expect([path, (await get(`/v2/${path}`)).status]).toEqual([path, 200])
    for (const path of [
      'library/closed/manifests/1',
      'library/closed/manifests/1?ns=docker.io',
      'docker.io/library/closed/manifests/1',
      'docker.io/closed/manifests/1',
    ]) {
      const refused = await get(`/v2/${path}`)
      expect([path, refused.status]).toEqual([path, 401])
      expect(refused.headers.get('www-authenticate')).toBeTruthy()
      expect([path, (await get(`/v2/${path}`, ann)).status]).toEqual([path, 200])
    }
  })
})

describe('rules that hide and deny', () => {
  const auth = {
    ...users([{ name: 'ann', password: 'secret' }]),
    authorize: policy({
      rules: [
        { who: 'everyone', repositories: 'docker.io/library/secret', hide: 'all' },
        { who: 'everyone', repositories: 'docker.io/library/denied', deny: 'all' },
        { who: 'user:ann', repositories: '**', allow: 'all' },
      ],
    }),
  }
  const ann = { headers: { authorization: `Basic ${btoa('ann:secret')}` } }
  const ways = (name: string) => [
    `/v2/${name}/manifests/1`,
    `/v2/library/${name}/manifests/1`,
    `/v2/library/${name}/manifests/1?ns=docker.io`,
    `/v2/${name}/manifests/1?ns=docker.io`,
    `/v2/${name}/manifests/1?ns=registry-1.docker.io`,
    `/v2/docker.io/library/${name}/manifests/1`,
    `/v2/docker.io/library/${name}/manifests/1?ns=docker.io`,
    `/v2/docker.io/${name}/manifests/1`,
  ]

  test('hold for every way to ask, and nobody is asked for what they refuse', async () => {
    const { hub, server, get } = serverOf({ auth })
    for (const name of ['secret', 'denied', 'open']) await pushImage(hub.registry, `library/${name}`, '1')
    await pushImage(server.registry, 'mine', '1')
    for (const [name, status] of [
      ['denied', 403],
      ['secret', 404],
    ] as const) {
      for (const path of ways(name)) {
        // What is refused elsewhere is not there either: a plain name may as well be one of here.
        const isPlain = !path.includes('docker.io')
        expect([path, (await get(path, ann)).status]).toEqual([path, isPlain ? 404 : status])
        expect([path, (await get(path)).status]).toEqual([path, 401])
      }
      for (const end of [
        `blobs/sha256:${'0'.repeat(64)}`,
        'tags/list',
        `referrers/sha256:${'0'.repeat(64)}`,
      ]) {
        const path = `/v2/library/${name}/${end}?ns=docker.io`
        expect([path, (await get(path, ann)).status]).toEqual([path, status])
      }
    }
    expect(hub.asked).toEqual([])
    for (const path of ways('open')) expect([path, (await get(path, ann)).status]).toEqual([path, 200])
  })

  test('a hidden name is not in the catalog, though it is kept', async () => {
    const { hub, server, get } = serverOf({ auth })
    await pushImage(hub.registry, 'library/secret', '1')
    await server.registry.getManifest('docker.io/library/secret', '1')
    const { repositories } = await (await get('/v2/_catalog', ann)).json()
    expect(repositories).not.toContain('docker.io/library/secret')
  })
})

test('anonymous callers may read a mirror that is open to them, and only read', async () => {
  const { hub, get } = serverOf({ auth: anonymous('read', users([{ name: 'ann', password: 'secret' }])) })
  const { manifest, layer } = await pushImage(hub.registry, 'library/alpine', '3')
  for (const path of ['/v2/alpine/manifests/3', '/v2/library/alpine/manifests/3?ns=docker.io'])
    expect([path, await digestOf(get(path))]).toEqual([path, manifest.digest])
  expect(await digestOf(get(`/v2/alpine/blobs/${layer.digest}?ns=docker.io`))).toBe(layer.digest)
  for (const path of ['/v2/docker.io/library/alpine', '/v2/alpine'])
    expect((await get(`${path}/blobs/uploads/`, { method: 'POST' })).status).toBe(401)
})

test('a name that is not permitted is not reached by another one', async () => {
  const { hub, get } = serverOf({ repositoryName: /^(?!docker\.io\/)/ })
  await pushImage(hub.registry, 'library/alpine', '3')
  expect(await digestOf(get('/v2/library/alpine/manifests/3'))).toBe(404)
  expect(await digestOf(get('/v2/library/alpine/manifests/3?ns=docker.io'))).toBe(400)
  expect(hub.asked).toEqual([])
})

test('options that make no sense', () => {
  const { client } = upstream()
  const of = (...hosts: string[]) => ({ upstreams: Object.fromEntries(hosts.map((host) => [host, client])) })
  expect(() => mirrors(of())).toThrow(new TypeError('name at least one registry to mirror'))
  expect(() => mirrors(of('docker.io', 'registry-1.docker.io'))).toThrow('twice')
  for (const host of ['hub', 'https://docker.io', '[::1]:5000', ''])
    expect(() => mirrors(of(host))).toThrow('no host to mirror')
  expect(() => mirrors({ ...of('docker.io'), ttl: -1 })).toThrow('ttl must be')
  expect(() => mirrors({ ...of('docker.io'), maxBytes: 0 })).toThrow('maxBytes must be')
})
