/** Large blobs by several requests at once. */

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createStore, memory } from '../../src/index.ts'
import type { ByteRange } from '../../src/oci/index.ts'
import { passThrough } from '../../src/registry.ts'
import { digestOf, sampleOf } from '../../src/testing/registry/samples.ts'
import { noise } from '../../src/testing/storage/scope.ts'
import { downloadBlob } from '../../src/transfer/index.ts'

const MIB = 1024 * 1024

async function stage(size: number) {
  const store = createStore({ storage: memory() })
  const blob = await sampleOf(noise(size, 7))
  await store.pushBlob('app', { digest: blob.digest }, blob.bytes)
  const ranges: (ByteRange | undefined)[] = []
  let busy = 0
  let most = 0
  let fails = 0
  const failNext = (count: number): void => {
    fails = count
  }
  const registry = passThrough(store, {
    async getBlob(repo, digest, options) {
      ranges.push(options?.range)
      most = Math.max(most, ++busy)
      await new Promise((resolve) => setTimeout(resolve, 1))
      busy--
      if (fails-- > 0) throw new TypeError('connection lost')
      return store.getBlob(repo, digest, options)
    },
  })
  return { registry, blob, ranges, most: () => most, failNext }
}

test('docker 1.19: of an empty blob, and of a small one, no range is asked for', async () => {
  for (const size of [0, 1, 4 * MIB]) {
    const { registry, blob, ranges } = await stage(size)
    const content = await downloadBlob(registry, 'app', blob.digest)
    expect(await digestOf(await content.bytes(5 * MIB))).toBe(blob.digest)
    expect(ranges).toEqual([undefined])
  }
})

test('parts come out in order, are asked for at once, and again when they fail', async () => {
  const { registry, blob, ranges, most, failNext } = await stage(19 * MIB + 1)
  failNext(2)
  const content = await downloadBlob(registry, 'app', blob.digest, { concurrency: 3 })
  expect(content.descriptor.size).toBe(19 * MIB + 1)
  expect(ranges).toEqual([])
  expect(await digestOf(await content.bytes(20 * MIB))).toBe(blob.digest)
  expect(most()).toBe(3)
  expect(ranges.slice(0, 3)).toEqual([0, 4, 8].map((at) => ({ first: at * MIB, last: (at + 4) * MIB - 1 })))
  expect(ranges.filter((range) => range && 'last' in range && range.last === 19 * MIB)).toHaveLength(1)
})

test('the last bytes come only when all of them are right', async () => {
  const { registry, blob } = await stage(9 * MIB)
  const other = await sampleOf(noise(9 * MIB, 8))
  await registry.pushBlob('app', { digest: other.digest }, other.bytes)
  const lying = passThrough(registry, {
    getBlob: (repo, _, options) => registry.getBlob(repo, other.digest, options),
  })
  const content = await downloadBlob(lying, 'app', blob.digest)
  let came = 0
  const reading = async () => {
    for await (const chunk of content.stream()) came += chunk.length
  }
  await expect(reading()).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
  expect(came).toBeLessThan(9 * MIB)
})

test('who stops reading stops the requests; an unknown blob is unknown', async () => {
  const { registry, blob, ranges } = await stage(40 * MIB)
  const content = await downloadBlob(registry, 'app', blob.digest, { concurrency: 2 })
  const reader = content.stream().getReader()
  await reader.read()
  await reader.cancel()
  expect(ranges.length).toBeLessThan(5)
  const unknown = downloadBlob(registry, 'app', `sha256:${'0'.repeat(64)}`)
  await expect(unknown).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
})

test('no more is in memory than may be, however slow the reader is', async () => {
  const { registry, blob } = await stage(24 * MIB)
  let asked = 0
  const counting = passThrough(registry, {
    getBlob(repo, digest, options = {}) {
      const { first, last } = options.range as { first: number; last: number }
      asked += last - first + 1
      return registry.getBlob(repo, digest, options)
    },
  })
  const memory = 4 * MIB
  const content = await downloadBlob(counting, 'app', blob.digest, { concurrency: 3, memory })
  const hash = createHash('sha256')
  let [given, most] = [0, 0]
  for await (const chunk of content.stream()) {
    // What was given is in the hands of the reader, until it asks for more.
    most = Math.max(most, asked - given)
    given += chunk.length
    hash.update(chunk)
  }
  expect(`sha256:${hash.digest('hex')}`).toBe(blob.digest)
  expect(most).toBeGreaterThan(memory / 2)
  expect(most).toBeLessThanOrEqual(memory)
  await expect(downloadBlob(registry, 'app', blob.digest, { memory: 1000 })).rejects.toThrow(TypeError)
})

test('after failures the next parts are shorter; a size that is known is not asked for', async () => {
  const { registry, blob, ranges, failNext } = await stage(32 * MIB)
  failNext(4)
  const silent = passThrough(registry, {
    resolveBlob() {
      throw new Error('nobody has to ask')
    },
  })
  const options = { concurrency: 2, memory: 12 * MIB, size: 32 * MIB, tries: 4 }
  const content = await downloadBlob(silent, 'app', blob.digest, options)
  expect(await digestOf(await content.bytes(32 * MIB))).toBe(blob.digest)
  // Both of the first two failed, and were asked for again as they are.
  expect(ranges.slice(0, 2)).toEqual([0, 4].map((at) => ({ first: at * MIB, last: (at + 4) * MIB - 1 })))
  expect(ranges.filter((range) => range && 'first' in range && range.first < 8 * MIB)).toHaveLength(6)
  expect(ranges).toContainEqual({ first: 8 * MIB, last: 10 * MIB - 1 })
})
