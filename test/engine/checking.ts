/**
 * A registry to check, and what can happen to what it stores.
 * @module
 */

import { expect } from 'vitest'
import type { CheckOptions, CheckReport, Finding, Store } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { bytes, digestOf, HOUR, INDEX, indexOf, push, stage } from './stage.ts'

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** What {@link fill} has pushed. */
export interface Filled {
  readonly layer: Digest
  readonly streamed: Digest
  readonly image: Digest
  readonly index: Digest
  readonly signature: Digest
}

/** The repository with everything in it. */
export const REPO = 'library/app'
/** The repository that shares a layer. */
export const OTHER = 'other'

/** Pushes an image by two ways, an index of it, a signature, tags; and mounts a layer elsewhere. */
export async function fill(store: Store): Promise<Filled> {
  const config = await push(store, REPO, '{}')
  const layer = await push(store, REPO, 'the first layer')
  const streamed = digestOf('the second layer')
  const { id } = await store.startUpload(REPO)
  const written = await store.writeUpload(REPO, id, bytes('the second layer'))
  await store.finishUpload(REPO, written.id, streamed)
  const image = await pushImage(store, REPO, config, [layer, streamed], { tags: ['v1', 'latest'] })
  const index = indexOf([image])
  await store.pushManifest(REPO, index, INDEX, { tags: ['multi'] })
  const subject = { mediaType: MANIFEST, digest: image, size: 1 }
  const signature = await pushImage(store, REPO, config, [], {
    subject,
    artifactType: 'application/x-signature',
  })
  await push(store, OTHER, '{}')
  await store.mountBlob(OTHER, layer, { from: REPO })
  await pushImage(store, OTHER, config, [layer], { tags: ['v1'] })
  return { layer, streamed, image, index: digestOf(index), signature }
}

/** A filled registry, an hour later. */
export async function filled(options: Parameters<typeof stage>[0] = {}) {
  const on = stage(options)
  const all = await fill(on.store)
  on.pass(HOUR)
  const check = (more: CheckOptions = {}): Promise<CheckReport> => on.check(more)
  return { on, all, check, storage: on.inner }
}

/** Pushes an image; returns its digest. */
export async function pushImage(
  store: Store,
  repo: string,
  config: Digest,
  layers: readonly Digest[],
  { tags = [], ...more }: { tags?: string[]; subject?: object; artifactType?: string } = {},
): Promise<Digest> {
  const blob = (digest: Digest) => ({ mediaType: 'application/x', digest, size: 1 })
  const manifest = bytes(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: blob(config),
      layers: layers.map(blob),
      ...more,
    }),
  )
  await store.pushManifest(repo, manifest, MANIFEST, { tags })
  return digestOf(manifest)
}

/** Puts other bytes at a place, without a word to anybody; none removes them. */
export async function spoil({ contents }: Storage, place: string, text: string | null): Promise<void> {
  await contents.remove([place])
  if (text !== null) await contents.write(place, bytes(text), { size: text.length })
}

/** The key of the only record under a prefix whose key ends so, and its value as text. */
export async function recordOf(
  { records }: Storage,
  prefix: string,
  end = '',
): Promise<{ key: string; text: string; version: string }> {
  const found: { key: string; text: string; version: string }[] = []
  for await (const { key, rec } of records.list(prefix, { values: true })) {
    if (key.endsWith(end))
      found.push({ key, text: new TextDecoder().decode(rec!.value), version: rec!.version })
  }
  expect(found.length, `${prefix}...${end}`).toBe(1)
  return found[0]!
}

/** Changes the text of a record. */
export async function edit(
  storage: Storage,
  prefix: string,
  end: string,
  change: (text: string) => string,
): Promise<string> {
  const { key, text } = await recordOf(storage, prefix, end)
  expect(change(text)).not.toBe(text)
  await storage.records.put(key, bytes(change(text)))
  return key
}

/** Removes a record. */
export async function lose(storage: Storage, prefix: string, end = ''): Promise<string> {
  const { key, version } = await recordOf(storage, prefix, end)
  expect(await storage.records.remove(key, version)).toBe(true)
  return key
}

/** The beginning of the keys of a blob's links. */
export function linksOf(digest: Digest): string {
  const hex = digest.slice(7)
  return `blobs/sha256/${hex.slice(0, 2)}/${hex}.`
}

/** Where a link of a blob says that it lies. */
export async function placeIn(storage: Storage, repo: string, digest: Digest): Promise<string> {
  for await (const { rec } of storage.records.list(linksOf(digest), { values: true })) {
    const link = JSON.parse(new TextDecoder().decode(rec!.value)) as { repo: string; place: string }
    if (link.repo === repo) return link.place
  }
  throw new Error(`${repo} has no ${digest}`)
}

/** The findings of a report, each in a word with what became of it. */
export function told({ findings }: CheckReport): string[] {
  return findings
    .map(({ problem, outcome }) => (outcome === 'found' ? problem : `${problem}: ${outcome}`))
    .sort()
}

/** The only finding. */
export function only({ findings }: CheckReport): Finding {
  expect(findings.length, JSON.stringify(findings)).toBe(1)
  return findings[0]!
}

/** Nothing is wrong, and all was seen. */
export function expectWhole(report: CheckReport): void {
  expect(report.findings).toEqual([])
  expect(report).toMatchObject({ damaged: 0, strays: 0, unreadable: 0, cursor: null })
}
