import { describe, expect, test } from 'vitest'
import { type Compat, createStore, memory } from '../../src/index.ts'
import { type TestRegistry, testRegistry } from '../../src/testing/index.ts'
import { descriptorOf, type Sample, textOf } from '../../src/testing/registry/samples.ts'
import { scopeOf } from '../../src/testing/registry/scope.ts'

const SBOM = 'application/vnd.example.sbom'
const SIGNATURE = 'application/vnd.example.signature'

interface Filled {
  readonly fetch: TestRegistry['fetch']
  readonly subject: Sample
  /** Path below the repository. */
  readonly path: (rest: string) => string
}

/** A registry with one subject, a referrer of two types each, and three tags. */
async function filled(compat: Compat): Promise<Filled> {
  const store = createStore({ storage: memory() })
  const { repo, pushIndex } = scopeOf(store, expect)
  const subject = await pushIndex(['a', 'b', 'c'])
  for (const artifactType of [SBOM, SIGNATURE])
    await pushIndex([], { subject: descriptorOf(subject), artifactType })
  const { fetch } = testRegistry({ registry: store, compat })
  return { fetch, subject, path: (rest) => `/v2/${repo}/${rest}` }
}

describe('referrers', () => {
  const attach = async ({ fetch, path, subject }: Filled) => {
    const it = await textOf(
      JSON.stringify({ schemaVersion: 2, manifests: [], subject: descriptorOf(subject) }),
    )
    const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' }
    return fetch(path(`manifests/${it.digest}`), { method: 'PUT', headers, body: it.bytes as BodyInit })
  }

  test('on: they are listed, and a push says so', async () => {
    const it = await filled({ referrers: true })
    expect((await it.fetch(it.path(`referrers/${it.subject.digest}`))).status).toBe(200)
    expect((await attach(it)).headers.get('oci-subject')).toBe(it.subject.digest)
  })

  test('off: 404, and a push does not say that they are', async () => {
    const it = await filled({ referrers: false })
    const response = await it.fetch(it.path(`referrers/${it.subject.digest}`))
    expect(response.status).toBe(404)
    expect((await response.json()).errors[0].code).toBe('NOT_FOUND')
    const pushed = await attach(it)
    expect([pushed.status, pushed.headers.get('oci-subject')]).toEqual([201, null])
  })
})

describe('filters', () => {
  const list = async (compat: Compat) => {
    const { fetch, path, subject } = await filled(compat)
    const response = await fetch(path(`referrers/${subject.digest}?artifactType=${SBOM}`))
    const { manifests } = (await response.json()) as { manifests: unknown[] }
    return [response.status, manifests.length, response.headers.get('oci-filters-applied')]
  }

  test('on: the list is filtered and says so', async () => {
    expect(await list({ filters: true })).toEqual([200, 1, 'artifactType'])
    expect(await list({})).toEqual([200, 1, 'artifactType'])
  })

  test('off: the list is whole and does not say that it was filtered', async () => {
    expect(await list({ filters: false })).toEqual([200, 2, null])
  })
})

describe('singlePost', () => {
  const post = async (compat: Compat) => {
    const { fetch, path } = await filled(compat)
    const { digest, bytes } = await textOf('a blob')
    const init = { method: 'POST', body: bytes as BodyInit }
    const response = await fetch(path(`blobs/uploads/?digest=${digest}`), init)
    const found = await fetch(path(`blobs/${digest}`))
    return { fetch, digest, bytes, response, found: found.status }
  }

  test('on: one POST is a blob', async () => {
    const { response, found } = await post({ singlePost: true })
    expect([response.status, found]).toEqual([201, 200])
  })

  test('off: it opens a session, which takes the same bytes', async () => {
    const { fetch, digest, bytes, response, found } = await post({ singlePost: false })
    expect([response.status, response.headers.get('range'), found]).toEqual([202, '0-0', 404])
    const put = await fetch(`${response.headers.get('location')}?digest=${digest}`, {
      method: 'PUT',
      body: bytes as BodyInit,
    })
    expect(put.status).toBe(201)
  })
})

describe('pageLimit', () => {
  const tags = async (compat: Compat, query: string) => {
    const { fetch, path } = await filled(compat)
    const response = await fetch(path(`tags/list${query}`))
    const link = response.headers.get('link')
    return [((await response.json()) as { tags: string[] }).tags.join(''), link !== null]
  }

  test('none: everything at once, or what the client asks for', async () => {
    expect(await tags({}, '')).toEqual(['abc', false])
    expect(await tags({}, '?n=2')).toEqual(['ab', true])
  })

  test('2: never more, whatever the client asks for', async () => {
    for (const query of ['', '?n=3', '?n=1000'])
      expect(await tags({ pageLimit: 2 }, query)).toEqual(['ab', true])
    expect(await tags({ pageLimit: 2 }, '?n=1')).toEqual(['a', true])
    expect(await tags({ pageLimit: 2 }, '?last=b')).toEqual(['c', false])
    expect(await tags({ pageLimit: 2 }, '?n=0')).toEqual(['', false])
  })

  test('it holds for repositories, and must be a number above 0', async () => {
    const { fetch } = await filled({ pageLimit: 1 })
    expect(
      ((await (await fetch('/v2/_catalog')).json()) as { repositories: string[] }).repositories.length,
    ).toBe(1)
    expect(() => testRegistry({ compat: { pageLimit: 0 } })).toThrow(TypeError)
  })
})

describe('tagDigest', () => {
  const digests = async (compat: Compat) => {
    const { fetch, path, subject } = await filled(compat)
    const read = async (method: string, reference: string) =>
      (await fetch(path(`manifests/${reference}`), { method })).headers.get('docker-content-digest')
    const found = []
    for (const method of ['GET', 'HEAD'])
      for (const reference of ['a', subject.digest])
        found.push((await read(method, reference)) === subject.digest)
    return found
  }

  test('on: by tag and by digest', async () => {
    expect(await digests({ tagDigest: true })).toEqual([true, true, true, true])
  })

  test('off: only by digest', async () => {
    expect(await digests({ tagDigest: false })).toEqual([false, true, false, true])
  })
})

describe('link', () => {
  const page = async (compat: Compat) => {
    const { fetch, path } = await filled(compat)
    const response = await fetch(path('tags/list?n=1'))
    return [
      ((await response.json()) as { tags: string[] }).tags.join(),
      response.headers.get('link') !== null,
    ]
  }

  test('on and off', async () => {
    expect(await page({ link: true })).toEqual(['a', true])
    expect(await page({ link: false })).toEqual(['a', false])
  })
})
