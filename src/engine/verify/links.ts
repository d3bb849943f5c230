/**
 * Links, and the bytes that they name.
 * @module
 */

import type { Digest } from '../../oci/index.ts'
import type { Entry, Rec } from '../../storage/index.ts'
import { linkKey, linkPrefix } from '../keys.ts'
import type { Link } from '../links.ts'
import { decode, encode } from '../record.ts'
import { lookAt, lookInto } from './bytes.ts'
import { aside, type Fault, judge, rewrite } from './judge.ts'
import { readLinkKey } from './read-key.ts'
import { inParallel, type Run } from './run.ts'

/** Blobs that are read at a time. */
const AT_ONCE = 4
/** How often the other links of a blob that was set aside are looked for. */
const MAX_ROUNDS = 5

/** Checks links, which come with those of the same blob beside them. */
export async function checkLinks(run: Run, entries: readonly Entry[]): Promise<void> {
  const bad = new Set<Digest>()
  await inParallel(entries, AT_ONCE, async (entry) => {
    run.seen.add(entry.key)
    const digest = readLinkKey(entry.key)
    if (digest === null) return strayRecord(run, entry.key)
    run.tally.counts.blobs++
    if (await checkLink(run, entry, digest)) bad.add(digest)
  })
  for (const digest of bad) await checkOthers(run, digest)
}

/** A record that is nothing of the registry. */
export function strayRecord(run: Run, key: string): void {
  run.find({
    problem: 'stray-record',
    text: 'a record that nothing of the registry looks for',
    at: key,
    outcome: 'found',
  })
}

/** The link in a record; `null` if it is none, or not of this key. */
export function linkIn(value: Uint8Array, key: string, digest: Digest): Link | null {
  try {
    const { repo, place, size } = decode<Partial<Link>>(value)
    if (typeof repo !== 'string' || typeof place !== 'string' || place === '') return null
    if (!Number.isSafeInteger(size) || size! < 0 || linkKey(repo, digest) !== key) return null
    return { repo, place, size: size! }
  } catch {
    return null
  }
}

/** @returns whether the link was set aside. */
function checkLink(run: Run, entry: Entry, digest: Digest): Promise<boolean> {
  return judge(run, entry, async (rec) => {
    const fault = await faultOf(run, entry.key, digest, rec)
    return fault ? [fault] : []
  })
}

async function faultOf(run: Run, key: string, digest: Digest, rec: Rec): Promise<Fault | null> {
  const link = linkIn(rec.value, key, digest)
  if (link === null)
    return {
      problem: 'link',
      text: 'the record of a blob in a repository is damaged',
      digest,
      mend: aside(run, key),
    }
  const { repo: repository, place, size } = link
  const about = { repository, digest, place }
  const first = await lookAt(run, place, digest)
  const found = first && first.size !== size ? await lookInto(run, place, digest) : first
  if (found === null) return { ...about, problem: 'blob-missing', text: 'the bytes of this blob are gone' }
  if (found.digest === null) return null
  if (found.digest === digest && found.size === size) return null
  if (found.digest === digest) {
    const value = () => encode({ ...link, size: found.size })
    const text = `the blob is recorded with ${size} bytes and has ${found.size}`
    return { ...about, problem: 'link-size', text, mend: rewrite(run, key, value) }
  }
  // Of another size it counts as absent already: a push swings the link.
  if (found.size !== size)
    return { ...about, problem: 'blob-size', text: `the blob has ${found.size} bytes, not ${size}` }
  return {
    ...about,
    problem: 'blob-digest',
    text: `the bytes of this blob hash to ${found.digest}`,
    mend: aside(run, key),
  }
}

/** The damaged bytes may have been linked anew while their links went, as a mount copies one. */
async function checkOthers(run: Run, digest: Digest): Promise<void> {
  for (let round = 0, more = true; more && round < MAX_ROUNDS; round++) {
    more = false
    for await (const entry of run.core.storage.records.list(linkPrefix(digest), {
      ...run.call,
      values: true,
    }))
      if (await checkLink(run, entry, digest)) more = true
  }
}
