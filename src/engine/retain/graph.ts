/**
 * What belongs to what in a repository: the children of an index, the referrers of a subject, and what is tagged as
 * being about a digest stay as long as one of those that they belong to, and go with the last.
 * @module
 */

import type { Digest } from '../../oci/index.ts'
import type { Snapshot, TagSeen } from './snapshot.ts'
import { aboutOf } from './tags.ts'

/** The manifests of a repository, and what ties them together. */
export interface Graph {
  /** What each manifest belongs to, of what is here. */
  readonly owners: ReadonlyMap<Digest, readonly Digest[]>
  /** What belongs to each manifest. */
  readonly belongings: ReadonlyMap<Digest, readonly Digest[]>
  /** Tags that are about something that is not here. */
  readonly orphans: readonly TagSeen[]
}

/** Ties the manifests of a repository together. */
export function graphOf({ tags, manifests }: Snapshot): Graph {
  const owners = new Map<Digest, Digest[]>()
  const belongings = new Map<Digest, Digest[]>()
  const orphans: TagSeen[] = []
  const tie = (owner: Digest, belonging: Digest): void => {
    if (owner === belonging || !manifests.has(owner) || !manifests.has(belonging)) return
    push(owners, belonging, owner)
    push(belongings, owner, belonging)
  }
  for (const { digest, children, subject } of manifests.values()) {
    for (const child of children) tie(digest, child)
    if (subject !== undefined) tie(subject, digest)
  }
  for (const seen of tags) {
    const about = aboutOf(seen)
    if (about === null) continue
    if (manifests.has(about)) tie(about, seen.digest)
    else orphans.push(seen)
  }
  return { owners, belongings, orphans }
}

/** Some manifests and all that belongs to them; `reached` is told of each that is found, and what it belongs to. */
export function closureOf(
  { belongings }: Graph,
  some: Iterable<Digest>,
  reached: (belonging: Digest, owner: Digest) => void = () => {},
): Set<Digest> {
  const found = new Set(some)
  // A set is walked in the order in which it grows.
  for (const owner of found) {
    for (const belonging of belongings.get(owner) ?? []) {
      if (found.has(belonging)) continue
      found.add(belonging)
      reached(belonging, owner)
    }
  }
  return found
}

/** Owners before what belongs to them. What goes round in a circle, which a tag can make, is left out. */
export function ownersFirst({ owners, belongings }: Graph, some: ReadonlySet<Digest>): Digest[] {
  const left = new Map<Digest, number>()
  for (const digest of some)
    left.set(digest, (owners.get(digest) ?? []).filter((owner) => some.has(owner)).length)
  const sorted = [...some].filter((digest) => left.get(digest) === 0)
  for (const digest of sorted) {
    for (const belonging of belongings.get(digest) ?? []) {
      const count = left.get(belonging)
      if (count === undefined) continue
      left.set(belonging, count - 1)
      if (count === 1) sorted.push(belonging)
    }
  }
  return sorted
}

function push(map: Map<Digest, Digest[]>, key: Digest, value: Digest): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
