import type { Collected } from '../../src/engine/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { digestOf, HOUR, INDEX, indexOf, keysOf, push, type Stage } from './stage.ts'

/** Lets so many hours pass, with expiry and a collector in each. Returns what was freed in all. */
export async function hours(on: Stage, count: number): Promise<Collected> {
  const sum = { links: 0, contents: 0, bytes: 0, tags: 0, referrers: 0, repositories: 0 }
  for (let hour = 0; hour < count; hour++) {
    on.pass(HOUR)
    await on.store.sweep()
    const freed = await on.store.collect()
    for (const what of Object.keys(sum) as (keyof typeof sum)[]) sum[what] += freed[what]
  }
  return { ...sum, complete: true }
}

/** Every place that anybody has written to and that holds sealed bytes. */
export async function stored(on: Stage): Promise<string[]> {
  const places = on.calls
    .filter(({ method }) => /contents\.(open|write|fork)/.test(method))
    .map(({ key }) => key)
  const found: string[] = []
  for (const place of new Set(places)) if ((await on.inner.contents.size(place)) !== null) found.push(place)
  return found
}

/** Pushes blobs and an index of them, under tags; returns its digest. */
export async function pushIndex(
  on: Pick<Stage, 'store'>,
  repo: string,
  contents: readonly string[],
  tags: string[] = [],
  more: object = {},
): Promise<Digest> {
  const blobs: Digest[] = []
  for (const content of contents) blobs.push(await push(on.store, repo, content))
  const manifest = indexOf(blobs, more)
  await on.store.pushManifest(repo, manifest, INDEX, { tags })
  return digestOf(manifest)
}

/** What is left when all is well: nothing but what is alive. */
export async function leftovers(on: Stage): Promise<string[]> {
  const keys = await keysOf(on.inner)
  return keys.filter((key) => /^(uploads|gc)\//.test(key))
}

/** An index that refers to a manifest, or to nothing. */
export function subjectOf(digest: Digest): object {
  return { subject: { mediaType: INDEX, digest, size: 1 }, artifactType: 'application/x-signature' }
}
