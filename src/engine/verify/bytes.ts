/**
 * What the bytes at a place are.
 * @module
 */

import { createHasher } from '../../hash/index.ts'
import { algorithmOf, type Digest } from '../../oci/index.ts'
import { breather } from '../collect/breather.ts'
import type { Run } from './run.ts'

/** What is known of a content. */
export type Verdict = {
  readonly size: number /** `null` if the bytes were not read. */
  readonly digest: Digest | null
} | null

/** Contents that are remembered: the links of a blob come one after the other. */
const MAX_VERDICTS = 1000

/**
 * Looks at a content, once for all links that name it, and hashes its bytes if they are in the sample.
 * @param digest What the bytes are said to hash to: says the algorithm.
 * @returns `null` if there is none.
 */
export function lookAt(run: Run, place: string, digest: Digest): Promise<Verdict> {
  const id = `${digest} ${place}`
  const known = run.verdicts.get(id)
  if (known) return known
  const verdict = isSampled(run) ? hash(run, place, digest) : measure(run, place)
  return remember(run, id, verdict)
}

/** The same, but its bytes are read in any case. */
export async function lookInto(run: Run, place: string, digest: Digest): Promise<Verdict> {
  const verdict = await lookAt(run, place, digest)
  if (verdict === null || verdict.digest !== null) return verdict
  return remember(run, `${digest} ${place}`, hash(run, place, digest))
}

function remember(run: Run, id: string, verdict: Promise<Verdict>): Promise<Verdict> {
  if (run.verdicts.size >= MAX_VERDICTS) run.verdicts.clear()
  run.verdicts.set(id, verdict)
  return verdict
}

function isSampled({ sample }: Run): boolean {
  return sample === 1 || Math.random() < sample
}

async function measure({ core, call }: Run, place: string): Promise<Verdict> {
  const size = await core.storage.contents.size(place, call)
  return size === null ? null : { size, digest: null }
}

async function hash(run: Run, place: string, digest: Digest): Promise<Verdict> {
  const content = await run.core.storage.contents.read(place, undefined, run.call)
  if (content === null) return null
  const hasher = createHasher(algorithmOf(digest))
  const breathe = breather()
  let size = 0
  for await (const chunk of content.stream()) {
    await hasher.update(chunk)
    size += chunk.length
    await run.pace(chunk.length)
    await breathe()
  }
  // A stream that ended early without a word is a fault of the way here, not of what is stored.
  if (size !== content.size) throw new Error(`read ${size} of the ${content.size} bytes at ${place}`)
  run.tally.counts.hashed++
  run.tally.counts.bytes += size
  return { size, digest: await hasher.digest() }
}
