import { describe, expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import * as ocikit from '../../src/index.ts'
import { memory, open, passThrough, users } from '../../src/index.ts'
import * as oci from '../../src/oci/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { run } from '../clients/process.ts'
import { ROOT } from '../docs/markdown.ts'
import { allRows } from '../spec/index.ts'
import * as content from './content.ts'
import { digestOf, imageOf, OCI_INDEX, OCI_MANIFEST, pushBlob, pushImage, refusal, utf8 } from './content.ts'

const image = imageOf('an image')

describe('enforces its options', () => {
  test('realm', async () => {
    await using registry = testRegistry({ auth: users([]), realm: 'Kitchen' })
    expect((await registry.fetch('/v2/')).headers.get('www-authenticate')).toContain('realm="Kitchen"')
  })

  test('longest manifest', async () => {
    const size = image.manifest.length
    for (const [maxManifestSize, status] of [
      [size, 201],
      [size - 1, 413],
    ] as const) {
      await using registry = testRegistry({ maxManifestSize, sparse: true })
      const answer = await content.pushManifest(registry, 'a', '1', image.manifest, OCI_MANIFEST)
      expect(answer.status).toBe(status)
    }
  })

  test('longest chunk of an upload', async () => {
    await using registry = testRegistry({ maxChunkSize: 4 })
    const begun = await registry.fetch('/v2/a/blobs/uploads/', { method: 'POST' })
    const patch = (body: string) =>
      registry.fetch(begun.headers.get('location')!, { method: 'PATCH', body: utf8(body) })
    expect((await patch('12345')).status).toBe(413)
    expect((await patch('1234')).status).toBe(202)
    expect((await patch('5678')).headers.get('range')).toBe('0-7')
  })

  test('deletion of blobs and of manifests, each', async () => {
    for (const [deleteBlobs, deleteManifests] of [
      [true, false],
      [false, true],
    ] as const) {
      await using registry = testRegistry({ deleteBlobs, deleteManifests })
      const digest = await pushImage(registry, 'a', '1', image)
      const remove = async (path: string) =>
        (await registry.fetch(`/v2/a/${path}`, { method: 'DELETE' })).status
      expect(await remove(`manifests/${digest}`)).toBe(deleteManifests ? 202 : 405)
      expect(await remove(`blobs/${digestOf(image.layer)}`)).toBe(deleteBlobs ? 202 : 405)
    }
  })

  test.each([
    ['a pattern', /^team-\w+\//],
    ['a function', (name: string) => /^team-\w+\//.test(name)],
  ])('permitted names, by %s', async (_how, repositoryName) => {
    await using registry = testRegistry({ repositoryName })
    await pushImage(registry, 'team-red/app', '1', image)
    expect(await refusal(await pushBlob(registry, 'app', image.layer))).toEqual([400, 'NAME_INVALID'])
  })
})

test('takes names of any depth', async () => {
  await using registry = testRegistry()
  const names = [
    'nginx',
    'a/b',
    'a/b/c',
    'a/b/c/d/e/f/g/h/i/j',
    'a__b--c/d.e',
    'a/blobs',
    'a/manifests/uploads',
  ]
  for (const name of names) {
    await pushImage(registry, name, '1', image)
    expect((await registry.fetch(`/v2/${name}/manifests/1`)).status, name).toBe(200)
  }
  for (const name of ['A', 'a//b', '-a', 'a_', 'a/..%2fb']) {
    expect(await refusal(await registry.fetch(`/v2/${name}/manifests/1`)), name).toEqual([
      400,
      'NAME_INVALID',
    ])
  }
})

describe('shows errors of adapters with their code, message, detail and status', () => {
  const full = () => {
    throw new oci.RegistryError('QUOTA_EXCEEDED', 'the team is full', { status: 403, detail: { gib: 10 } })
  }
  const shown = { errors: [{ code: 'QUOTA_EXCEEDED', message: 'the team is full', detail: { gib: 10 } }] }

  test.each([
    ['auth', () => testRegistry({ auth: { ...open(), authorize: full } })],
    [
      'storage',
      () => testRegistry({ storage: { ...memory(), records: { ...memory().records, create: full } } }),
    ],
    [
      'a registry',
      () => testRegistry({ registry: passThrough(testRegistry().registry, { pushManifest: full }) }),
    ],
  ])('of %s', async (_who, make) => {
    await using registry = make()
    const answers = [
      await pushBlob(registry, 'a', image.layer),
      await pushBlob(registry, 'a', image.config),
      await content.pushManifest(registry, 'a', '1', image.manifest, OCI_MANIFEST),
    ]
    const answer = answers.find(({ status }) => status !== 201)!
    expect([answer.status, await answer.json()]).toEqual([403, shown])
  })

  test('every missing blob of a manifest is named', async () => {
    await using registry = testRegistry()
    const answer = await content.pushManifest(registry, 'a', '1', image.manifest, OCI_MANIFEST)
    expect(answer.status).toBe(404)
    const text = await answer.text()
    expect(text).toContain('MANIFEST_BLOB_UNKNOWN')
    for (const blob of [image.layer, image.config]) expect(text).toContain(digestOf(blob))
  })

  test('an unexpected one is a 500 that shows nothing', async () => {
    const lines: unknown[] = []
    const note = (...line: unknown[]) => void lines.push(line)
    const logger = { debug: note, info: note, warn: note, error: note }
    const auth = { ...open(), authorize: () => Promise.reject(new Error('the password is 1234')) }
    await using registry = testRegistry({ auth, logger })
    const answer = await registry.fetch('/v2/a/tags/list')
    const { errors } = (await answer.json()) as { errors: [{ detail: { id: string } }] }
    expect(answer.status).toBe(500)
    expect(JSON.stringify(errors)).not.toContain('1234')
    expect(JSON.stringify(lines)).toContain(errors[0].detail.id)
  })
})

test('pages through tags with n, last and Link', async () => {
  await using registry = testRegistry()
  for (const tag of ['b', 'a', 'B', '10', '9']) await pushImage(registry, 'a', tag, image)
  const page = async (query: string) => {
    const answer = await registry.fetch(`/v2/a/tags/list${query}`)
    const { tags } = (await answer.json()) as { tags: string[] }
    return { tags, link: answer.headers.get('link') }
  }
  expect(await page('')).toEqual({ tags: ['10', '9', 'B', 'a', 'b'], link: null })
  expect(await page('?n=5')).toMatchObject({ link: null })
  expect(await page('?n=0')).toEqual({ tags: [], link: null })
  const { tags, link } = await page('?n=2')
  expect(tags).toEqual(['10', '9'])
  expect(await page(/^<\/v2\/a\/tags\/list(\?.*)>; rel="next"$/.exec(link!)![1]!)).toMatchObject({
    tags: ['B', 'a'],
  })
  expect((await page('?n=2&last=C')).tags).toEqual(['a', 'b'])
  for (const n of ['-1', 'x', '']) expect((await registry.fetch(`/v2/a/tags/list?n=${n}`)).status).toBe(400)
  expect((await registry.fetch('/v2/never/tags/list')).status).toBe(404)
})

test('lists referrers, filtered by artifactType, and answers OCI-Subject', async () => {
  await using registry = testRegistry()
  const digest = await pushImage(registry, 'a', '1', image)
  const subject = content.describe(OCI_MANIFEST, image.manifest)
  const about = (artifactType: string) => imageOf(artifactType, { artifactType, subject })
  for (const type of ['test/sbom', 'test/signature']) {
    const referrer = about(type)
    await pushImage(registry, 'a', digestOf(referrer.manifest), referrer)
    const again = await content.pushManifest(registry, 'a', type.slice(5), referrer.manifest, OCI_MANIFEST)
    expect(again.headers.get('oci-subject')).toBe(digest)
  }
  const list = async (query: string, about = digest) => {
    const answer = await registry.fetch(`/v2/a/referrers/${about}${query}`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, OCI_INDEX])
    const { manifests } = (await answer.json()) as { manifests: { artifactType: string }[] }
    return {
      types: manifests.map(({ artifactType }) => artifactType).sort(),
      filters: answer.headers.get('oci-filters-applied'),
    }
  }
  expect(await list('')).toEqual({ types: ['test/sbom', 'test/signature'], filters: null })
  expect(await list('?artifactType=test/sbom')).toEqual({ types: ['test/sbom'], filters: 'artifactType' })
  expect((await list('?artifactType=test/sbom&artifactType=test/signature')).types).toHaveLength(2)
  expect((await list('', `sha256:${'0'.repeat(64)}`)).types).toEqual([])
  expect((await registry.fetch('/v2/a/referrers/nonsense')).status).toBe(400)
})

test('exports helpers for digests, names, paths and ranges', async () => {
  expect(await ocikit.digestOf('sha256', utf8('x'))).toBe(digestOf(utf8('x')))
  const digest = oci.parseDigest(digestOf(utf8('x')))
  expect([oci.algorithmOf(digest), oci.isContentDigest('md5:00')]).toEqual(['sha256', false])
  expect([oci.isName('a/b'), oci.isName('A'), oci.isTag('v1.0'), oci.isTag('.')]).toEqual([
    true,
    false,
    true,
    false,
  ])
  expect(oci.blobPath('a/b', digest)).toBe(`/v2/a/b/blobs/${digest}`)
  expect(oci.manifestPath('a', 'v1')).toBe('/v2/a/manifests/v1')
  expect(oci.formatUploadRange(10)).toBe('0-9')
  expect(oci.parseUploadRange('5-9')).toEqual({ offset: 5, length: 5 })
  expect(oci.statusOf('BLOB_UNKNOWN')).toBe(404)
})

test.each([
  ['an image of OCI', OCI_MANIFEST, {}],
  ['an image of Docker', content.DOCKER_MANIFEST, {}],
  ['an index of OCI', OCI_INDEX, { manifests: [] }],
  ['a manifest list of Docker', content.DOCKER_LIST, { manifests: [] }],
])('keeps %s byte for byte, with its type', async (_what, type, fields) => {
  await using registry = testRegistry({ sparse: true })
  const index = 'manifests' in fields
  // Spaces and unknown fields are the pusher's business.
  const document = index ? { schemaVersion: 2, mediaType: type, ...fields } : JSON.parse(String(text(type)))
  const bytes = utf8(JSON.stringify({ ...document, 'x-unknown': 1 }, null, 3))
  expect((await content.pushManifest(registry, 'a', '1', bytes, type)).status).toBe(201)
  for (const method of ['GET', 'HEAD']) {
    const answer = await registry.fetch('/v2/a/manifests/1', { method })
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.headers.get('docker-content-digest')).toBe(digestOf(bytes))
    expect(answer.headers.get('content-length')).toBe(String(bytes.length))
    if (method === 'GET') expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes)
  }
})

test('has the rows of the specification wired, for itself and for any URL', async () => {
  expect(allRows.length).toBeGreaterThan(300)
  await using registry = await listen()
  const args = [`${ROOT}/test/spec/main.ts`, registry.url, '--filter', 'tags']
  const { status, stdout } = await run(process.execPath, args)
  expect(stdout).toMatch(/^[1-9]\d* passed, 0 failed/m)
  expect(status).toBe(0)
})

function text(type: string): string {
  return new TextDecoder().decode(imageOf('formats', {}, type).manifest)
}
