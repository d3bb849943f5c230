import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createStore, memory, type Registry } from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { textOf } from '../../src/testing/registry/samples.ts'
import { all, scopeOf } from '../../src/testing/registry/scope.ts'

/** Names that look like parts of somebody's layout, one below and beside the other. */
const NAMES = [
  'a',
  'a/blobs',
  'a/blobs/uploads',
  'a/manifests',
  'a/manifests-x',
  'a/tags',
  'a/tags/list',
  'a/uploads',
  'a/referrers',
  'a/insertion',
  'a/gc',
  'blobs',
  'content',
  'uploads',
  'records',
  'repositories/a',
]

test('serverless 3.2a: a repository may be called like a part of the layout', async () => {
  const store = createStore({ storage: memory() })
  const { put, pushIndex, push, blob, expectManifest, expectBlob } = scopeOf(store, expect)
  const images = new Map<string, Awaited<ReturnType<typeof put>>>()
  const blobs = new Map<string, Awaited<ReturnType<typeof blob>>>()
  for (const name of NAMES) {
    const index = await pushIndex([`of-${name.replaceAll('/', '_')}`], {}, name)
    images.set(name, await put(index, ['latest'], name))
    blobs.set(name, await push(await blob(name), name))
  }
  expect(await all(store.repositories())).toEqual([...NAMES].sort())
  for (const name of NAMES) {
    expect(await all(store.tags(name))).toEqual(['latest', `of-${name.replaceAll('/', '_')}`])
    await expectBlob(blobs.get(name)!, name)
  }
  await deleteAll(store, 'a')
  for (const name of NAMES.slice(1)) {
    const { descriptor } = images.get(name)!
    const { bytes } = await store.getManifest(name, 'latest')
    await expectManifest('latest', { ...descriptor, bytes }, name)
    await expectBlob(blobs.get(name)!, name)
  }
})

test('serverless 3.2b: over HTTP, too', async () => {
  const { fetch, registry } = testRegistry()
  const { pushIndex } = scopeOf(registry, expect)
  for (const name of NAMES) await pushIndex([`of-${name.length}`], {}, name)
  for (const name of NAMES) {
    const list = (await (await fetch(`/v2/${name}/tags/list`)).json()) as { name: string; tags: string[] }
    expect([list.name, list.tags]).toEqual([name, [`of-${name.length}`]])
    expect((await fetch(`/v2/${name}/manifests/of-${name.length}`)).status).toBe(200)
  }
})

test('elixir A3.15: no name, reference or parameter leads out of the folder or reads from outside', async () => {
  const outer = await mkdtemp(join(tmpdir(), 'ocikit-'))
  const secret = await textOf('secret')
  await writeFile(join(outer, 'secret.txt'), secret.bytes)
  const storage = await fs(join(outer, 'data'))
  const { fetch, registry } = testRegistry({ storage })
  const { push, pushIndex, expectBlob } = scopeOf(registry, expect)
  const kept = await push(await textOf('kept'), 'foo')
  await pushIndex(['latest'], {}, 'foo')
  const up = '..%2F..%2F..%2F'
  const requests = [
    `POST /v2/bar/baz/blobs/uploads/?mount=${up}secret.txt&from=foo`,
    `POST /v2/bar/blobs/uploads/?mount=${kept.digest}&from=${up}foo`,
    'DELETE /v2/foo/blobs/uploads/..',
    'DELETE /v2/foo/blobs/uploads/%2e%2e',
    `DELETE /v2/foo/blobs/uploads/${up}`,
    `GET /v2/foo/blobs/${up}secret.txt`,
    `PUT /v2/a/b/manifests/%2F${encodeURIComponent(outer)}%2Fnew`,
    `PUT /v2/..%2F..%2Fx/b/manifests/new`,
    `GET /v2/foo/manifests/${up}secret.txt`,
  ]
  for (const each of requests) {
    const [method, path] = each.split(' ') as [string, string]
    const response = await fetch(path, { method, ...(method === 'PUT' ? { body: '{}' } : {}) })
    const text = await response.text()
    expect([each, response.status < 500, response.status !== 201, text.includes('secret.txt')]).toEqual([
      each,
      true,
      true,
      each.includes('blobs/..%2F') && text.includes('secret.txt'),
    ])
    expect(text).not.toContain('"secret"')
  }
  expect((await readdir(outer)).sort()).toEqual(['data', 'secret.txt'])
  expect(await readFile(join(outer, 'secret.txt'), 'utf8')).toBe('secret')
  await expectBlob(kept, 'foo')
  expect(await all(registry.tags('foo'))).toEqual(['latest'])
  await storage.close?.()
  await rm(outer, { recursive: true })
})

test('docker 1.12g: an upload id that is a path is unknown, also without HTTP in front', async () => {
  const store = createStore({ storage: memory() })
  const { expectCode } = scopeOf(store, expect)
  for (const id of ['..', '../../x', '/etc/passwd', '', 'a/b', 'http://upstream/v2/a/blobs/uploads/x', '\0'])
    await expectCode(store.cancelUpload('a', id), 'BLOB_UPLOAD_UNKNOWN')
})

async function deleteAll(store: Registry, name: string): Promise<void> {
  const { digest } = await store.resolveManifest(name, 'latest')
  await store.deleteManifest(name, digest)
}
