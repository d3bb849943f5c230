/**
 * Links: a blob is readable only through a repository that was given it. A link says where its bytes lie.
 * @module
 */

import type { Digest } from '../oci/index.ts'
import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import { linkKey, linkPrefix } from './keys.ts'
import { noteContent } from './notes.ts'
import { decode, encode } from './record.ts'
import { relyOn } from './rely.ts'
import { countBlob } from './usage/count.ts'

/** What a link holds. */
export interface Link {
  readonly repo: string
  readonly place: string
  /** Bytes. */
  readonly size: number
}

interface StoredLink {
  readonly link: Link
  readonly version: string
  readonly modified: number
}

/** Lost races before giving up: each means that somebody else made progress. */
const MAX_RACES = 20
/** Copies of a blob in other repositories that are looked at before its bytes are kept twice. */
const MAX_OTHERS = 4

/** The link of a blob in a repository. */
export async function readLink(core: Core, repo: string, digest: Digest, call: Call): Promise<Link | null> {
  return (await read(core, linkKey(repo, digest), call))?.link ?? null
}

/**
 * Reads a link and promises that it stays for at least half the grace period. Whoever relies on a link uses
 * it first; one write for each link and half grace period, whoever asks.
 */
export async function useLink(core: Core, repo: string, digest: Digest, call: Call): Promise<Link | null> {
  return use(core, linkKey(repo, digest), call)
}

/** Whether the bytes of a link are there in full; if not, the blob counts as absent, so that clients push it again. */
export async function isWhole(core: Core, link: Link, call: Call): Promise<boolean> {
  return (await core.storage.contents.size(link.place, call)) === link.size
}

/** Points a repository's link at a copy of the blob. What it named before is left to the collector. */
export async function putLink(core: Core, digest: Digest, link: Link, call: Call): Promise<void> {
  const key = linkKey(link.repo, digest)
  const before = await read(core, key, call)
  if (!before && (await addLink(core, digest, link, call))) return
  if (before && before.link.place !== link.place) await noteContent(core, digest, before.link.place, call)
  await core.storage.records.put(key, encode(link), call)
}

/** Writes a link where there was none. Where it counts, false if somebody else has been faster. */
async function addLink(core: Core, digest: Digest, link: Link, call: Call): Promise<boolean> {
  const { records } = core.storage
  const key = linkKey(link.repo, digest)
  if (!core.limits) return (await records.put(key, encode(link), call)) !== null
  if ((await records.create(key, encode(link), call)) === null) return false
  await countBlob(core, link.repo, digest, link.size, call)
  return true
}

/**
 * Links bytes that were just proved. Where another repository has the blob already, its bytes are linked
 * instead; a blob that is pushed again into its own repository heals, its link swings to the new bytes.
 * @param ready Called before a link is written, which then relies on it.
 * @returns the place that is linked now.
 */
export async function publishLink(
  core: Core,
  digest: Digest,
  link: Link,
  ready: () => Promise<void>,
  call: Call,
): Promise<string> {
  const own = linkKey(link.repo, digest)
  const { known, others } = await linksBeside(core, own, digest, call)
  if (known) {
    await relyOn(core, ready, () => putLink(core, digest, link, call))
    return link.place
  }
  const check = async () => {
    await ready()
    return firstWhole(core, others, call)
  }
  return relyOn(core, check, async (other) => {
    const place = other?.size === link.size ? other.place : link.place
    if (!(await addLink(core, digest, { ...link, place }, call)))
      await putLink(core, digest, { ...link, place }, call)
    return place
  })
}

/** Whether there is a link, and some of the others: of a blob that everybody has, by no more than that. */
async function linksBeside(
  core: Core,
  own: string,
  digest: Digest,
  call: Call,
): Promise<{ known: boolean; others: string[] }> {
  const others: string[] = []
  let known = false
  for await (const { key } of core.storage.records.list(linkPrefix(digest), call)) {
    if (key === own) known = true
    else if (others.length < MAX_OTHERS) others.push(key)
    else return { known: known || (await read(core, own, call)) !== null, others }
  }
  return { known, others }
}

/** Removes a link; false if there was none. */
export async function removeLink(core: Core, repo: string, digest: Digest, call: Call): Promise<boolean> {
  const key = linkKey(repo, digest)
  for (let race = 0; race < MAX_RACES; race++) {
    const found = await read(core, key, call)
    if (!found) return false
    await noteContent(core, digest, found.link.place, call)
    if (!(await core.storage.records.remove(key, found.version, call))) continue
    await countBlob(core, repo, digest, -found.link.size, call)
    return true
  }
  return false
}

/** A whole copy of a blob in some repository that `accept` takes, in use. */
export async function findLink(
  core: Core,
  digest: Digest,
  accept: (repo: string) => boolean | Promise<boolean>,
  call: Call,
): Promise<Link | null> {
  for await (const { key, rec } of core.storage.records.list(linkPrefix(digest), { ...call, values: true })) {
    if (!rec || !(await accept(decode<Link>(rec.value).repo))) continue
    const link = await firstWhole(core, [key], call)
    if (link) return link
  }
  return null
}

async function firstWhole(core: Core, keys: readonly string[], call: Call): Promise<Link | null> {
  for (const key of keys) {
    const link = await use(core, key, call)
    if (link && (await isWhole(core, link, call))) return link
  }
  return null
}

async function use(core: Core, key: string, call: Call): Promise<Link | null> {
  for (let race = 0; race < MAX_RACES; race++) {
    const found = await read(core, key, call)
    if (!found) return null
    // No collector comes, and what is written again may undo what is not seen yet.
    if (core.storage.traits.consistency === 'eventual') return found.link
    // The skew is on the safe side: what may be too old is written again.
    if (core.now() - found.modified + core.storage.traits.skew < core.grace / 2) return found.link
    const { repo, place, size } = found.link
    const version = await core.storage.records.put(key, encode({ repo, place, size }), {
      ...call,
      version: found.version,
    })
    if (version !== null) return found.link
  }
  return null
}

async function read(core: Core, key: string, call: Call): Promise<StoredLink | null> {
  const rec = await core.storage.records.get(key, call)
  return rec && { link: decode<Link>(rec.value), version: rec.version, modified: rec.modified }
}
