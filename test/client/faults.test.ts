/** Pulls and pushes of images of two platforms over a wire that fails all the time. */

import { expect, test } from 'vitest'
import { type Client, createClient } from '../../src/client/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { type Faults, faultyFetch, testRegistry } from '../../src/testing/index.ts'
import { configOf, imageOf, indexOf, type Sample, sampleOf } from '../../src/testing/registry/samples.ts'
import { noise, probe } from '../../src/testing/storage/scope.ts'
import { Random } from '../crash/random.ts'
import { digestOf } from './wire.ts'

const SEED = process.env['OCIKIT_SEED'] ?? '1'
const ROUNDS = 100
const FAULTS: Faults = { refuse: 4, lose: 4, drop: 6, truncate: 4, busy: 6, delay: 10 }

interface Image {
  readonly blobs: readonly Sample[]
  readonly manifests: readonly Sample[]
  readonly index: Sample
}

async function makeImage(n: number): Promise<Image> {
  const platforms = await Promise.all(
    [1, 2].map(async (no) => {
      const config = await configOf(`${n} ${no}`)
      const layers = [
        await sampleOf(noise(70_000 + n, n * 10 + no)),
        await sampleOf(noise(1000, n * 10 + no + 5)),
      ]
      return { blobs: [config, ...layers], image: await imageOf(config, layers) }
    }),
  )
  const manifests = platforms.map(({ image }) => image)
  return { blobs: platforms.flatMap(({ blobs }) => blobs), manifests, index: await indexOf(manifests) }
}

async function push(client: Client, repo: string, { blobs, manifests, index }: Image): Promise<void> {
  for (const [no, { digest, bytes }] of blobs.entries())
    await client.pushBlob(repo, { digest, size: bytes.length }, no % 2 ? bytes : probe(bytes).stream)
  for (const { bytes, mediaType } of manifests) await client.pushManifest(repo, bytes, mediaType)
  await client.pushManifest(repo, index.bytes, index.mediaType, { tags: ['latest', 'v1'] })
}

/** Pulls everything that a tag names; what comes was verified once more here. */
async function pull(client: Client, repo: string, image: Image): Promise<void> {
  const found = await client.getManifest(repo, 'latest')
  expect(digestOf(found.bytes)).toBe(image.index.digest)
  for (const { digest } of image.manifests)
    expect(digestOf((await client.getManifest(repo, digest)).bytes)).toBe(digest)
  for (const { digest } of image.blobs) {
    await using content = await client.getBlob(repo, digest)
    expect(digestOf(await content.bytes())).toBe(digest)
  }
}

/** What went well, and the codes of what did not. */
async function storm(
  faults: Faults,
  rounds: number,
): Promise<{ good: number; codes: string[]; counts: object }> {
  const there = testRegistry()
  const random = new Random(SEED)
  const wire = faultyFetch(there.fetch, faults, () => random.int(0, 999_999) / 1_000_000)
  const client = createClient('https://registry.test', {
    fetch: wire.fetch,
    chunkSize: 20_000,
    retry: { tries: 8, firstDelay: 1, maxDelay: 4 },
  })
  const codes: string[] = []
  let good = 0
  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
      good++
      return true
    } catch (error) {
      codes.push(String((error as { code?: unknown }).code ?? error))
      return false
    }
  }
  const images = await Promise.all([1, 2, 3, 4, 5].map(makeImage))
  for (let round = 0; round < rounds; round++) {
    const image = images[round % images.length]!
    const repo = `r${round}`
    if (await attempt(() => push(client, repo, image))) {
      // What was acknowledged is whole: asked of the registry itself.
      const stored = await there.registry.getManifest(repo, 'latest')
      expect(stored.descriptor.digest).toBe(image.index.digest as Digest)
    } else await push(createClient('https://registry.test', { fetch: there.fetch }), repo, image)
    await attempt(() => pull(client, repo, image))
  }
  await there.close()
  return { good, codes, counts: wire.counts }
}

test(`200 pushes and pulls over a wire that fails all the time (seed ${SEED})`, {
  timeout: 120_000,
}, async () => {
  const { good, codes, counts } = await storm(FAULTS, ROUNDS)
  expect(Object.keys(counts).sort()).toEqual(['busy', 'delay', 'drop', 'lose', 'refuse', 'truncate'])
  // Each that fails says so by a code.
  expect(codes.filter((code) => !/^[A-Z_]+$/.test(code))).toEqual([])
  expect(good + codes.length).toBe(2 * ROUNDS)
  expect(good).toBeGreaterThan(2 * ROUNDS * 0.9)
})

test(`bytes that change on the way are never taken for right (seed ${SEED})`, {
  timeout: 120_000,
}, async () => {
  const { good, codes } = await storm({ corrupt: 15 }, 25)
  expect(good + codes.length).toBe(50)
  expect(codes.length).toBeGreaterThan(5)
  expect(codes.filter((code) => !['DIGEST_INVALID', 'UNKNOWN', 'MANIFEST_INVALID'].includes(code))).toEqual(
    [],
  )
})

test(`over such a wire no more of a blob is in memory than a chunk or two (seed ${SEED})`, {
  timeout: 60_000,
}, async () => {
  const CHUNK = 128 * 1024
  const bytes = noise(6 * 1024 * 1024, 3)
  const digest = digestOf(bytes)
  const random = new Random(SEED)
  await using there = testRegistry()
  const wire = faultyFetch(there.fetch, FAULTS, () => random.int(0, 999_999) / 1_000_000)
  /** How far the upload is known to be, and what has come of the download. */
  let stored = 0
  let received = 0
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await wire.fetch(url, init)
    const { headers, body } = response
    stored = Math.max(stored, Number(/^0-(\d+)$/.exec(headers.get('range') ?? '')?.[1] ?? -1) + 1)
    if (init.method !== 'GET' || !body || !response.ok) return response
    // What comes again after a break is counted from where it begins.
    received = Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? 0)
    const count = (chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>): void => {
      received += chunk.length
      controller.enqueue(chunk)
    }
    const counted = body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ transform: count }))
    return new Response(counted, response)
  }
  const retry = { tries: 8, firstDelay: 1, maxDelay: 4 }
  const client = createClient('https://registry.test', { fetch, chunkSize: CHUNK, retry })
  let most = 0
  let read = 0
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    most = Math.max(most, read - stored)
    controller.enqueue(bytes.slice(read, read + 10_000))
    read += 10_000
    if (read >= bytes.length) controller.close()
  }
  const source = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 })
  await client.pushBlob('a', { digest, size: bytes.length }, source)
  const content = await client.getBlob('a', digest)
  const reader = content.stream().getReader()
  let given = 0
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    given += next.value.length
    most = Math.max(most, received - given)
  }
  expect(given).toBe(bytes.length)
  expect(most).toBeGreaterThan(CHUNK / 2)
  expect(most).toBeLessThan(3 * CHUNK)
})
