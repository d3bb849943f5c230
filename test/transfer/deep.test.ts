/** Indexes that lie deep in each other, as nobody would make them who means well. */

import { expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { createStore, memory } from '../../src/index.ts'
import { passThrough } from '../../src/registry.ts'
import { descriptorOf, manifestOf, type Sample } from '../../src/testing/registry/samples.ts'
import { copy } from '../../src/transfer/index.ts'
import { run } from '../cli/run.ts'

const TYPE = 'application/vnd.oci.image.index.v1+json'
const indexOf = (name: string, children: readonly Sample[]): Promise<Sample> =>
  manifestOf({ mediaType: TYPE, manifests: children.map(descriptorOf), annotations: { name } }, TYPE)

test('of a tree of indexes only a few are in memory at once', async () => {
  const source = createStore({ storage: memory() })
  let count = 0
  const push = async (name: string, depth: number): Promise<Sample> => {
    const children: Sample[] = []
    for (const branch of depth > 0 ? ['a', 'b', 'c'] : []) children.push(await push(name + branch, depth - 1))
    const index = await indexOf(name, children)
    await source.pushManifest('deep', index.bytes, TYPE, { tags: depth === 5 ? ['v1'] : [] })
    count++
    return index
  }
  await push('', 5)
  const held = new Set<string>()
  let most = 0
  const from = passThrough(source, {
    async getManifest(repo, reference) {
      const found = await source.getManifest(repo, reference)
      held.add(found.descriptor.digest)
      most = Math.max(most, held.size)
      return found
    },
  })
  const store = createStore({ storage: memory() })
  const to = passThrough(store, {
    async pushManifest(repo, bytes, mediaType, options) {
      const pushed = await store.pushManifest(repo, bytes, mediaType, options)
      held.delete(pushed.descriptor.digest)
      return pushed
    },
  })
  const copied = await copy(
    { registry: from, repository: 'deep', reference: 'v1' },
    { registry: to, repository: 'deep' },
    { concurrency: 3 },
  )
  expect(copied.manifests).toBe(count)
  // One, and below it three ways down, of which each is at one place.
  expect(most).toBeLessThanOrEqual(1 + 3 * 5)
})

test('the tree of indexes that name the same others again and again is finite', async () => {
  await using registry = await listen()
  let level: readonly Sample[] = []
  for (let depth = 0; depth < 12; depth++) {
    const below = level
    level = await Promise.all(['a', 'b', 'c'].map((name) => indexOf(`${depth}${name}`, below)))
    for (const { bytes } of level)
      await registry.registry.pushManifest('deep', bytes, TYPE, { tags: depth === 11 ? ['v1'] : [] })
  }
  const { code, stdout } = await run(['tree', `${registry.host}/deep:v1`])
  expect(code).toBe(0)
  expect(new Set(stdout.match(/sha256:\w+/g))).toHaveLength(11 * 3 + 1)
  expect(stdout.split('\n').length).toBeLessThan(12 * 3 * 3 + 3)
})
