/** A large layer moves through a process of its own, which stays small. */

import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { contentOf } from '../../src/content.ts'
import { createHasher } from '../../src/hash/index.ts'
import { createStore, memory } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { passThrough, type Registry } from '../../src/registry.ts'
import { descriptorOf, imageOf, sampleOf, textOf } from '../../src/testing/registry/samples.ts'
import { timed } from '../bench/timed.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))
const SIZE = 512 * 1024 * 1024
const CHUNK = new Uint8Array(256 * 1024).fill(7)
/** Of the process with everything in it. That of the built command has 90 MiB, of which 42 are Node itself. */
const MOST = 150 * 1024 * 1024

async function largeDigest(): Promise<Digest> {
  const hasher = createHasher('sha256')
  for (let at = 0; at < SIZE; at += CHUNK.length) await hasher.update(CHUNK)
  return hasher.digest()
}

/** A store that makes a large layer on the fly, and takes it without keeping it. */
function withLarge(store: Registry, digest: Digest, taken: string[]): Registry {
  const blob = { mediaType: 'application/octet-stream', digest, size: SIZE }
  let at = 0
  const open = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(CHUNK)
        at += CHUNK.length
        if (at >= SIZE) controller.close()
      },
    })
  return passThrough(store, {
    getBlob: async (repo, wanted, options) =>
      wanted === digest ? contentOf(blob, open) : store.getBlob(repo, wanted, options),
    async pushBlob(repo, wanted, body, options) {
      if (wanted.digest !== digest || body instanceof Uint8Array)
        return store.pushBlob(repo, wanted, body, options)
      return drained(body)
    },
    async finishUpload(repo, id, wanted, options = {}) {
      if (wanted !== digest || !(options.body instanceof ReadableStream))
        return store.finishUpload(repo, id, wanted, options)
      return drained(options.body)
    },
    resolveBlob: async (repo, wanted, options) =>
      wanted === digest && taken.length > 0 ? blob : store.resolveBlob(repo, wanted, options),
  })
  async function drained(body: ReadableStream<Uint8Array>) {
    const hasher = createHasher('sha256')
    for await (const chunk of body) await hasher.update(chunk)
    taken.push(await hasher.digest())
    return blob
  }
}

test('a layer of 512 MiB in less than 150 MiB', async () => {
  const digest = await largeDigest()
  const taken: string[] = []
  const source = createStore({ storage: memory(), sparse: true })
  const config = await textOf('{"os":"linux"}', 'application/vnd.oci.image.config.v1+json')
  const layer = { ...(await sampleOf(new Uint8Array(), 'application/vnd.oci.image.layer.v1.tar')), digest }
  const image = await imageOf(config, [], {
    layers: [{ ...descriptorOf(layer), size: SIZE }],
  })
  await source.pushBlob('app', { digest: config.digest }, config.bytes)
  await source.pushManifest('app', image.bytes, image.mediaType, { tags: ['v1'] })
  await using from = await listen({ registry: withLarge(source, digest, []) })
  const destination = createStore({ storage: memory(), sparse: true })
  await using to = await listen({ registry: withLarge(destination, digest, taken) })
  const { peak } = await timed(process.execPath, [
    BIN,
    'copy',
    '--quiet',
    `${from.host}/app:v1`,
    `${to.host}/app`,
  ])
  expect(taken).toEqual([digest])
  // Elsewhere the system does not tell.
  if (process.platform === 'linux') expect(peak).toBeGreaterThan(0)
  expect(peak ?? 0).toBeLessThan(MOST)
})
