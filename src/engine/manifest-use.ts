/**
 * Manifests in use. Where retention may remove them their records are used like links: whoever relies on one refreshes
 * it once it is older than half the grace period, so that a record tells roughly when its manifest was last pushed,
 * relied on or pulled, and has another version after each of these.
 * @module
 */

import type { Digest } from '../oci/index.ts'
import type { Call, Rec } from '../storage/index.ts'
import type { Core } from './core.ts'
import { manifestKey } from './keys.ts'
import { decodeFramed, encodeFramed } from './record.ts'

/** Lost races before giving up: each means that somebody else made progress. */
const MAX_RACES = 20

/** Refreshes under way: of many pulls at once, one is enough. */
const underWay = new WeakMap<Core, Set<string>>()

/** Reads the record of a manifest and promises that retention leaves it for at least half the grace period. */
export async function useManifest(core: Core, repo: string, digest: Digest, call: Call): Promise<Rec | null> {
  const { records } = core.storage
  const key = manifestKey(repo, digest)
  for (let race = 0; race < MAX_RACES; race++) {
    const rec = await records.get(key, call)
    if (!rec || !isStale(core, repo, rec)) return rec
    const { header, body } = decodeFramed<object>(rec.value)
    const version = await records.put(key, encodeFramed(header, body), { ...call, version: rec.version })
    if (version !== null) return rec
  }
  return null
}

/**
 * Notes that a manifest was pulled. The answer does not wait for it: all pulls of half a grace period are one write,
 * and none that fails fails a pull.
 * @param pulled Its record, as it was read.
 */
export async function notePull(
  core: Core,
  repo: string,
  digest: Digest,
  pulled: Pick<Rec, 'modified'>,
  call: Call,
): Promise<void> {
  if (!isStale(core, repo, pulled)) return
  const key = manifestKey(repo, digest)
  const refreshing = underWay.get(core) ?? new Set()
  underWay.set(core, refreshing)
  if (refreshing.has(key)) return
  refreshing.add(key)
  const { signal: _, ...kept } = call
  const work = useManifest(core, repo, digest, kept).finally(() => refreshing.delete(key))
  if (call.context) call.context.defer(work)
  else await work.catch(() => {})
}

/** Whether whoever uses a manifest has to refresh its record; the skew of the clocks is on the safe side. */
export function isStale(core: Core, repo: string, { modified }: Pick<Rec, 'modified'>): boolean {
  if (!core.retains?.(repo)) return false
  return core.now() - modified + core.storage.traits.skew >= core.grace / 2
}
