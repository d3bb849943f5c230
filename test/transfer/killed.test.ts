/** A copy by the command that is killed half-way, and begun again. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { createStore, memory } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { passThrough, type Registry } from '../../src/registry.ts'
import { configOf, imageOf, sampleOf } from '../../src/testing/registry/samples.ts'
import { noise } from '../../src/testing/storage/scope.ts'
import { missingOf } from './images.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))
const SIZE = 512 * 1024
const LAYERS = 6

/** A store that counts the bytes of each blob that come, and says when so many of one have come. */
function counting(store: Registry) {
  const came = new Map<Digest, number>()
  let tell = (): void => {}
  const reached = new Promise<void>((resolve) => {
    tell = resolve
  })
  const stop = { at: Number.POSITIVE_INFINITY, reached }
  let total = 0
  const registry = passThrough(store, {
    finishUpload(repo, id, digest, options = {}) {
      const { body } = options
      if (!(body instanceof ReadableStream)) return store.finishUpload(repo, id, digest, options)
      const counted = body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          async transform(chunk, controller) {
            came.set(digest, (came.get(digest) ?? 0) + chunk.length)
            total += chunk.length
            if (total >= stop.at) {
              tell()
              // The rest comes never: whoever sends it is killed now.
              await new Promise((resolve) => setTimeout(resolve, 30_000).unref())
            }
            controller.enqueue(chunk)
          },
        }),
      )
      return store.finishUpload(repo, id, digest, { ...options, body: counted })
    },
  })
  return { registry, came, stop }
}

function start(from: ListeningRegistry, to: ListeningRegistry, ...flags: string[]): ChildProcess {
  const args = [BIN, 'copy', '--json', ...flags, `${from.host}/app:v1`, `${to.host}/app:v1`]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('a killed copy goes on: what is there is neither fetched nor sent again', async () => {
  const store = createStore({ storage: memory() })
  const config = await configOf('killed')
  const layers = await Promise.all(Array.from({ length: LAYERS }, (_, i) => sampleOf(noise(SIZE, i + 1))))
  const image = await imageOf(config, layers)
  for (const { digest, bytes } of [config, ...layers]) await store.pushBlob('app', { digest }, bytes)
  await store.pushManifest('app', image.bytes, image.mediaType, { tags: ['v1'] })
  const fetched: Digest[] = []
  const source = passThrough(store, {
    getBlob(repo, digest, options) {
      fetched.push(digest)
      return store.getBlob(repo, digest, options)
    },
  })
  const kept = createStore({ storage: memory() })
  const { registry, came, stop } = counting(kept)
  await using from = await listen({ registry: source })
  await using to = await listen({ registry })

  // One after the other, so that it is known what is there: after three and a half of them.
  stop.at = 3.5 * SIZE
  const first = start(from, to, '--concurrency', '1')
  await stop.reached
  first.kill('SIGKILL')
  await once(first, 'exit')
  const isThere = async (digest: Digest) => (await kept.resolveBlob('app', digest).catch(() => null)) !== null
  const there: Digest[] = []
  for (const { digest } of [config, ...layers]) if (await isThere(digest)) there.push(digest)
  expect(there.length).toBeGreaterThanOrEqual(3)
  const half = layers.filter(({ digest }) => came.has(digest) && !there.includes(digest))
  expect(half).toHaveLength(1)

  stop.at = Number.POSITIVE_INFINITY
  came.clear()
  fetched.length = 0
  const second = start(from, to, '--chunked')
  let said = ''
  second.stdout!.on('data', (chunk: Buffer) => {
    said += chunk
  })
  expect((await once(second, 'close'))[0]).toBe(0)
  const rest = [config, ...layers].map(({ digest }) => digest).filter((digest) => !there.includes(digest))
  expect(JSON.parse(said)).toMatchObject({ blobs: rest.length, there: there.length, manifests: 1 })
  expect([...fetched].sort()).toEqual([...rest].sort())
  expect([...came.keys()].sort()).toEqual([...rest].sort())
  // Nobody else knows the session of the half layer: it is sent as a whole.
  expect(came.get(half[0]!.digest)).toBe(SIZE)
  expect(await missingOf(kept, 'app', { blobs: [config, ...layers], manifests: [image] })).toEqual([])
})
