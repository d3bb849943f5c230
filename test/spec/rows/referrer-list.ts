import { type Answer, referrersAt, send } from '../api.ts'
import * as check from '../check.ts'
import { type Manifest, OCI_INDEX } from '../data.ts'
import type { Target } from '../target.ts'
import type { DataSet } from './sets.ts'

/** An entry in a list of referrers. */
export interface Entry {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** Lists the referrers of a digest: an index, in the one media type that clients compare. */
export async function referrers(
  target: Target,
  digest: string,
  query = '',
  repo = target.repo1,
): Promise<{ answer: Answer; entries: Entry[] }> {
  const answer = await send(target, 'GET', referrersAt(repo, digest) + query)
  check.status(answer, 200)
  check.header(answer, 'content-type', OCI_INDEX)
  const index = check.json<{ schemaVersion: number; mediaType: string; manifests: Entry[] }>(answer)
  check.same([index.schemaVersion, index.mediaType], [2, OCI_INDEX], 'schemaVersion and mediaType')
  check.that(Array.isArray(index.manifests), 'manifests to be a list')
  return { answer, entries: index.manifests }
}

/** The list is exactly these, in any order. */
export function sameEntries(entries: readonly Entry[], manifests: readonly Manifest[]): void {
  const normal = (list: readonly Entry[]) => list.map(normalEntry).sort()
  check.same(normal(entries), normal(manifests.map(entryOf)), 'the list of referrers')
}

/** Every subject of the set lists what refers to it, whole and by each type. */
export async function checkReferrers(target: Target, set: DataSet): Promise<void> {
  const all = set.manifests.map(({ manifest }) => manifest)
  for (const subject of new Set(all.flatMap((each) => each.subject ?? []))) {
    const its = all.filter((each) => each.subject === subject)
    const { answer, entries } = await referrers(target, subject)
    sameEntries(entries, its)
    check.noHeader(answer, 'oci-filters-applied')
    for (const type of new Set(its.flatMap((each) => each.artifactType ?? []))) {
      const some = await referrers(target, subject, `?artifactType=${encodeURIComponent(type)}`)
      if (some.answer.headers.get('oci-filters-applied') === null) check.skip('the filter is not applied')
      check.header(some.answer, 'oci-filters-applied', 'artifactType')
      sameEntries(
        some.entries,
        its.filter((each) => each.artifactType === type),
      )
    }
  }
}

function entryOf(it: Manifest): Entry {
  const { mediaType, digest, artifactType, annotations } = it
  return {
    mediaType,
    digest,
    size: it.bytes.length,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

function normalEntry({ mediaType, digest, size, artifactType, annotations = {} }: Entry): string {
  return JSON.stringify([digest, mediaType, size, artifactType ?? null, Object.entries(annotations).sort()])
}
