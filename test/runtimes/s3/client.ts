/**
 * A client that pushes an image and does not give up: after each error it looks where it is, and goes on.
 * @module
 */

import { expect } from 'vitest'
import type { Store } from '../../../src/index.ts'
import { type Digest, RegistryError } from '../../../src/oci/index.ts'
import { sha256, streamed } from '../../crash/http.ts'
import { bytes } from '../../engine/stage.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const MOST_FAILURES = 5
const CONFIG = '{}'

/** What a client pushes. */
export interface Goods {
  readonly layer: Buffer
  /** Lengths of its PATCH requests; the rest comes with PUT. */
  readonly chunks: readonly number[]
  /** Two images of it that share all but a note. */
  readonly images: readonly [Buffer, Buffer]
}

/** A layer that makes a piece of at least `min` bytes, and something behind it. */
export function goodsOf(min: number): Goods {
  const layer = Buffer.alloc(min + 1000, 'layer')
  const imageOf = (note: string): Buffer =>
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: 'application/x', digest: sha256(Buffer.from(CONFIG)), size: CONFIG.length },
        layers: [{ mediaType: 'application/x', digest: sha256(layer), size: layer.length }],
        annotations: { note },
      }),
    )
  return { layer, chunks: [min + 500, 200], images: [imageOf('old'), imageOf('new')] }
}

/** What the client needs of the world. */
export interface World {
  readonly goods: Goods
  /** Where requests go wrong. */
  readonly store: Store
  /** The same content by a way on which nothing goes wrong. */
  readonly calm: Store
  /** Lets time go by, so that whoever was silent counts as gone. */
  pass(ms: number): void
}

/** Pushes the layer in a session, its configuration, and both images under one tag; mounts it; deletes the tag. */
export async function wholeLife(world: World): Promise<void> {
  const { store, calm } = world
  const { layer, images } = world.goods
  const [old, young] = images.map(digestOf) as [Digest, Digest]
  await pushLayer(world)
  const config = { digest: digestOf(Buffer.from(CONFIG)), size: CONFIG.length }
  await persist(world, () => store.pushBlob('a', config, bytes(CONFIG)))
  const push = (image: Buffer) =>
    persist(world, () => store.pushManifest('a', image, MANIFEST, { tags: ['v1'] }))
  for (const image of images) await push(image)
  expect(await tagged(calm)).toBe(young)
  const mounted = await persist(world, () => store.mountBlob('b', digestOf(layer), { from: 'a' }))
  expect(mounted?.size).toBe(layer.length)
  await persist(world, () => store.deleteManifest('a', young), 'MANIFEST_UNKNOWN')
  expect(await tagged(calm)).toBe(null)
  await push(images[0])
  expect(await tagged(calm)).toBe(old)
}

/** What must be true at any time: what can be seen is whole. */
export async function checkVisible({ calm, goods: { layer, images } }: World): Promise<void> {
  for (const repo of ['a', 'b']) {
    const content = await orNull(calm.getBlob(repo, digestOf(layer)))
    if (content) expect(sha256(await content.bytes(layer.length))).toBe(digestOf(layer))
  }
  const digest = await tagged(calm)
  if (digest === null) return
  expect(images.map(digestOf)).toContain(digest)
  for (const each of [layer, Buffer.from(CONFIG)]) await calm.resolveBlob('a', digestOf(each))
}

function digestOf(content: Buffer): Digest {
  return sha256(content) as Digest
}

async function tagged(store: Store): Promise<Digest | null> {
  return (await orNull(store.getManifest('a', 'v1')))?.descriptor.digest ?? null
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: RegistryError) => {
    expect(error.code).toMatch(/_UNKNOWN$/)
    return null
  })
}

/** Tries until it succeeds. `done` is the error that says that an earlier try did it. */
async function persist<T>(world: World, work: () => Promise<T>, done?: string): Promise<T | undefined> {
  for (let failures = 0; ; failures++) {
    try {
      return await work()
    } catch (error) {
      if (failures > 0 && (error as RegistryError).code === done) return undefined
      await endure(world, error, failures)
    }
  }
}

/** Errors are those of a storage that is down, or tell where to go on; nothing partial is to be seen. */
async function endure(world: World, error: unknown, failures: number): Promise<void> {
  if (failures === MOST_FAILURES) throw error
  expect(error).toBeInstanceOf(RegistryError)
  expect([503, 416, 404]).toContain((error as RegistryError).status)
  await checkVisible(world)
  world.pass(61_000)
}

async function pushLayer(world: World): Promise<void> {
  const {
    store,
    goods: { layer, chunks },
  } = world
  let { id, offset } = (await persist(world, () => store.startUpload('a')))!
  const ends = chunks.map((_, i) => chunks.slice(0, i + 1).reduce((sum, length) => sum + length))
  for (let failures = 0; ; failures++) {
    try {
      for (const end of ends.filter((each) => each > offset)) {
        const chunk = streamed(layer.subarray(offset, end), 64 * 1024)
        ;({ id, offset } = await store.writeUpload('a', id, chunk, { offset }))
      }
      const body = layer.subarray(offset)
      await store.finishUpload('a', id, digestOf(layer), { body, size: body.length, offset })
      return
    } catch (error) {
      await endure(world, error, failures)
      const status = await orNull(world.calm.uploadStatus('a', id))
      // It has ended, and only one thing ends it.
      if (status === null) return void (await world.calm.resolveBlob('a', digestOf(layer)))
      ;({ id, offset } = status)
    }
  }
}
