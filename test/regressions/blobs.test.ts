import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { indexOf, textOf } from '../../src/testing/registry/samples.ts'
import { scopeOf } from '../../src/testing/registry/scope.ts'
import { utf8 } from '../../src/testing/storage/scope.ts'

test('serverless 3.3: a mounted blob has the headers of the blob, also for HEAD', async () => {
  const { fetch, registry } = testRegistry()
  const it = await textOf('eleven byte')
  await registry.pushBlob('a', { digest: it.digest }, it.bytes)
  await registry.mountBlob('b', it.digest, { from: 'a' })
  for (const method of ['HEAD', 'GET']) {
    const { status, headers } = await fetch(`/v2/b/blobs/${it.digest}`, { method })
    const told = [headers.get('content-length'), headers.get('docker-content-digest')]
    expect([status, ...told]).toEqual([200, '11', it.digest])
  }
})

test('distribution 4: a blob that was truncated, emptied or lost counts as absent, and a push heals it', async () => {
  for (const harm of [(path: string) => truncate(path, 5), (path: string) => truncate(path, 0), rm]) {
    const folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
    const storage = await fs(folder)
    const { push, expectNoBlob, expectBlob } = scopeOf(createStore({ storage }), expect)
    const it = await push(await textOf('a blob that something happens to'), 'a')
    const files = await readdir(join(folder, 'content/sha256'), { recursive: true, withFileTypes: true })
    const file = files.find((entry) => entry.isFile())!
    await harm(join(file.parentPath, file.name))
    await expectNoBlob(it.digest, 'a')
    await push(it, 'a')
    await expectBlob(it, 'a')
    await storage.close?.()
    await rm(folder, { recursive: true })
  }
})

test('zot 5: a manifest that was damaged is whole after it is pushed again', async () => {
  const storage = memory()
  const store = createStore({ storage })
  const { put, expectManifest } = scopeOf(store, expect)
  const index = await indexOf([], { annotations: { word: 'right' } })
  await put(index, ['latest'], 'a')
  for await (const { key, rec } of storage.records.list('repositories/a/_manifests/', { values: true })) {
    const text = new TextDecoder('latin1').decode(rec!.value).replace('right', 'wrong')
    await storage.records.put(
      key,
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
    )
  }
  await put(index, ['latest'], 'a')
  await expectManifest('latest', index, 'a')
})

test('elixir A3.13b: n chunks are n pieces: earlier bytes are not read again', async () => {
  const { counting } = await import('./counting.ts')
  const { storage, calls } = counting(memory())
  const store = createStore({ storage })
  let { id } = await store.startUpload('a')
  for (let i = 0; i < 20; i++) ({ id } = await store.writeUpload('a', id, utf8(`chunk ${i}`)))
  const about = (name: string) => calls.filter((call) => call.startsWith(`contents.${name} `)).length
  expect([about('piece'), about('read'), about('write'), about('fork')]).toEqual([20, 0, 0, 0])
})

test('ggcr 2: reading and describing a blob hashes nothing and reads only what was asked for', async () => {
  const { counting } = await import('./counting.ts')
  const { storage, calls } = counting(memory())
  const store = createStore({ storage })
  const it = await textOf('a blob')
  await store.pushBlob('a', { digest: it.digest }, it.bytes)
  calls.length = 0
  await store.resolveBlob('a', it.digest)
  expect(calls.filter((call) => call.startsWith('contents.read'))).toEqual([])
  await (await store.getBlob('a', it.digest, { range: { first: 1, last: 2 } })).bytes()
  expect(calls.filter((call) => call.startsWith('contents.read')).length).toBe(1)
})
