import { expect, test } from 'vitest'
import { createStore, memory } from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { descriptorOf, indexOf } from '../../src/testing/registry/samples.ts'
import { all, scopeOf } from '../../src/testing/registry/scope.ts'
import { counting } from './counting.ts'

test('serverless 3.4a: untagged manifests do not slow a page of tags down', async () => {
  const { storage, calls } = counting(memory())
  const store = createStore({ storage })
  const { put } = scopeOf(store, expect)
  for (let i = 0; i < 300; i++) await put(await indexOf([], { annotations: { i: String(i) } }), [], 'a')
  await put(await indexOf([]), ['v1', 'v2', 'v3'], 'a')
  calls.length = 0
  expect(await all(store.tags('a', { limit: 2 }))).toEqual(['v1', 'v2'])
  expect(calls.length).toBe(1)
})

test('serverless 3.4f: a manifest among a thousand others can be deleted, by tag and by digest', async () => {
  const store = createStore({ storage: memory() })
  const { put, expectNoManifest } = scopeOf(store, expect)
  const indexes = []
  for (let i = 0; i < 1100; i++) {
    const index = await indexOf([], { annotations: { i: String(i) } })
    await put(index, [`t${i}`], 'a')
    indexes.push(index)
  }
  await store.deleteTag('a', 't500')
  await store.deleteManifest('a', indexes[501]!.digest)
  for (const tag of ['t500', 't501']) await expectNoManifest(tag, 'a')
  await expectNoManifest(indexes[501]!.digest, 'a')
  expect((await all(store.tags('a'))).length).toBe(1098)
})

test('serverless 3.4g: any number of referrers is one listing', async () => {
  const { storage, calls } = counting(memory())
  const store = createStore({ storage })
  const { put } = scopeOf(store, expect)
  const subject = await indexOf([])
  for (let i = 0; i < 50; i++) {
    const artifactType = `application/vnd.example.type${i % 2}`
    const fields = { subject: descriptorOf(subject), artifactType, annotations: { i: String(i) } }
    await put(await indexOf([], fields), [], 'a')
  }
  calls.length = 0
  expect((await all(store.referrers('a', subject.digest))).length).toBe(50)
  const options = { artifactTypes: ['application/vnd.example.type1'] }
  expect((await all(store.referrers('a', subject.digest, options))).length).toBe(25)
  expect(calls.length).toBe(2)
})

test('serverless 3.4e: pages of one by Link show every repository and every tag, each once', async () => {
  const { fetch, registry } = testRegistry()
  const { pushIndex } = scopeOf(registry, expect)
  const names = ['a', 'a-b', 'a/b', 'study/img', 'z']
  for (const name of names) await pushIndex(['V1', 'a', 'b_c', 'latest'], {}, name)
  const follow = async (path: string, field: string): Promise<string[]> => {
    const found: string[] = []
    for (let next: string | undefined = path; next !== undefined; ) {
      const response = await fetch(next)
      found.push(...((await response.json()) as Record<string, string[]>)[field]!)
      next = /^<(\/v2\/[^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]
    }
    return found
  }
  expect(await follow('/v2/_catalog?n=1', 'repositories')).toEqual(names)
  expect(await follow('/v2/a/b/tags/list?n=1', 'tags')).toEqual(['V1', 'a', 'b_c', 'latest'])
})

test('elixir A3.8f: a repository that holds blobs only has no list of tags, and that is no 500', async () => {
  const { fetch, registry } = testRegistry()
  const { push, blob } = scopeOf(registry, expect)
  await push(await blob(), 'a')
  const response = await fetch('/v2/a/tags/list')
  expect([response.status, (await response.json()).errors[0].code]).toEqual([404, 'NAME_UNKNOWN'])
})

test('elixir A3.9f: what clients keep under a tag of referrers is among the referrers by itself', async () => {
  const store = createStore({ storage: memory() })
  const { put } = scopeOf(store, expect)
  const subject = await indexOf([])
  const referrer = await indexOf([], { subject: descriptorOf(subject), artifactType: 'application/x.sbom' })
  // As they come over from a registry without the list: the referrer, and the index that says where it is.
  await put(referrer, [], 'a')
  await put(await indexOf([referrer]), [subject.digest.replace(':', '-')], 'a')
  const referrers = await all(store.referrers('a', subject.digest))
  expect(referrers.map(({ descriptor }) => descriptor.digest)).toEqual([referrer.digest])
})
