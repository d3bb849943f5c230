import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createStore, memory, ocikit, open } from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { textOf, unknownDigest } from '../../src/testing/registry/samples.ts'
import { scopeOf } from '../../src/testing/registry/scope.ts'
import { utf8 } from '../../src/testing/storage/scope.ts'

const UPLOADS = '/v2/a/b/blobs/uploads/'

async function session(registry: ReturnType<typeof testRegistry>): Promise<string> {
  return (await registry.fetch(UPLOADS, { method: 'POST' })).headers.get('location')!
}

test('elixir A3.6: the type of a chunk, or its absence, does not matter', async () => {
  const registry = testRegistry()
  for (const type of [
    'application/octet-stream',
    'application/json',
    'text/plain; charset=x',
    'nonsense',
    null,
  ]) {
    const headers = type === null ? {} : { 'content-type': type }
    const { digest, bytes } = await textOf(`sent as ${type}`)
    const body = bytes as BodyInit
    const whole = await registry.fetch(`${UPLOADS}?digest=${digest}`, { method: 'POST', headers, body })
    expect([type, whole.status]).toEqual([type, 201])
    const patch = await registry.fetch(await session(registry), { method: 'PATCH', headers, body })
    expect([type, patch.status, patch.headers.get('range')]).toEqual([type, 202, `0-${bytes.length - 1}`])
    const end = await registry.fetch(`${patch.headers.get('location')}?digest=${digest}`, {
      method: 'PUT',
      headers,
    })
    expect([type, end.status]).toEqual([type, 201])
  }
})

test('serverless 2.3g: a chunk of one byte is taken, and so is the next one', async () => {
  const registry = testRegistry()
  let where = await session(registry)
  for (const [i, body] of ['a', 'b', 'c'].entries()) {
    const headers = { 'content-range': `${i}-${i}`, 'content-length': '1' }
    const response = await registry.fetch(where, { method: 'PATCH', headers, body })
    expect([response.status, response.headers.get('range')]).toEqual([202, `0-${i}`])
    where = response.headers.get('location')!
  }
  expect(
    (await registry.fetch(`${where}?digest=${(await textOf('abc')).digest}`, { method: 'PUT' })).status,
  ).toBe(201)
})

test('serverless 2.1c: a Location whose query was dropped is as good as the whole', async () => {
  const registry = testRegistry()
  const where = await session(registry)
  expect(new URL(where, 'http://registry.test').search).toBe('')
  expect((await registry.fetch(where, { method: 'PATCH', body: 'abc' })).status).toBe(202)
})

test('serverless 2.3i: a refused chunk tells what is needed, and nothing of the inside', async () => {
  const registry = testRegistry()
  const headers = { 'content-range': '5-7' }
  const response = await registry.fetch(await session(registry), { method: 'PATCH', headers, body: 'abc' })
  const [error, ...more] = (await response.json()).errors
  expect([error.detail, more]).toEqual([{ expected: 0, given: 5 }, []])
})

test('distribution 2: any replica can take the next request, also one that has just started', async () => {
  const storage = memory()
  const it = await textOf('one, two, three')
  const replica = () => ocikit({ storage, auth: open() })
  const send = (path: string, init: RequestInit) =>
    replica().fetch(new Request(new URL(path, 'http://r.test'), init))
  let where = (await send(UPLOADS, { method: 'POST' })).headers.get('location')!
  for (const body of ['one, ', 'two, ']) {
    const response = await send(where, { method: 'PATCH', body })
    expect(response.status).toBe(202)
    where = response.headers.get('location')!
  }
  const end = await send(`${where}?digest=${it.digest}`, { method: 'PUT', body: 'three' })
  expect(end.status).toBe(201)
  await scopeOf(createStore({ storage }), expect).expectBlob(it, 'a/b')
})

test('olareg 1: an upload goes on after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
  const it = await textOf('before, after')
  const first = await fs(folder)
  const before = createStore({ storage: first })
  const { id } = await before.startUpload('a')
  const next = await before.writeUpload('a', id, utf8('before, '))
  await first.close?.()
  const second = await fs(folder)
  const after = createStore({ storage: second })
  expect((await after.uploadStatus('a', next.id)).offset).toBe(8)
  await after.finishUpload('a', next.id, it.digest, { body: utf8('after') })
  await scopeOf(after, expect).expectBlob(it, 'a')
  await second.close?.()
  await rm(folder, { recursive: true })
})

test('elixir A3.12e: nothing is left of uploads, however they ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
  const storage = await fs(folder)
  let now = Date.now()
  const store = createStore({ storage, now: () => now })
  const it = await textOf('kept')
  const ends: ((id: string) => Promise<unknown>)[] = [
    (id) => store.finishUpload('a', id, it.digest),
    (id) => store.cancelUpload('a', id),
    async (id) => store.finishUpload('a', id, await unknownDigest()).catch(() => {}),
    async () => {},
  ]
  for (const end of ends) {
    const { id } = await store.startUpload('a')
    await end((await store.writeUpload('a', id, it.bytes)).id)
  }
  // The sweep judges by the time of the last write, which is the disk's.
  now += 3 * 24 * 60 * 60_000
  await store.sweep()
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
  expect(names.filter((name) => name.includes('/records/uploads/'))).toEqual([])
  expect(names.filter((name) => name.startsWith(`${folder}/content/`)).length).toBe(1)
  await scopeOf(store, expect).expectBlob(it, 'a')
  await storage.close?.()
  await rm(folder, { recursive: true })
})

test('serverless 2.1b: an upload expires', async () => {
  let now = Date.now()
  const storage = memory({ now: () => now })
  const store = createStore({ storage, now: () => now })
  const { id } = await store.startUpload('a')
  await store.writeUpload('a', id, utf8('bytes'))
  now += 2 * 24 * 60 * 60_000
  await scopeOf(store, expect).expectCode(store.uploadStatus('a', id), 'BLOB_UPLOAD_UNKNOWN')
  expect((await store.sweep()).sessions).toBe(1)
})

test('serverless 2.3d: a finish reads no stored byte again when it knows the digest', async () => {
  const { counting } = await import('./counting.ts')
  const { storage, calls } = counting(memory())
  const store = createStore({ storage })
  const it = await textOf('one, two')
  const { id } = await store.startUpload('a')
  const { id: next } = await store.writeUpload('a', id, it.bytes)
  calls.length = 0
  await store.finishUpload('a', next, it.digest)
  expect(calls.filter((call) => /contents\.(read|write|piece|fork)/.test(call))).toEqual([])
  await scopeOf(store, expect).expectBlob(it, 'a')
})
