/**
 * Referrers: one key for each, so that two that come at once cannot lose each other.
 * @module
 */

import type { Descriptor, Digest } from '../oci/index.ts'
import type { CallOptions, Referrer } from '../registry.ts'
import type { Core } from './core.ts'
import { referrerPrefix, type8 } from './keys.ts'
import { decode } from './record.ts'

/** What refers to a subject. */
export async function* listReferrers(
  core: Core,
  repo: string,
  subject: Digest,
  options: CallOptions & { artifactTypes?: readonly string[]; after?: string },
): AsyncGenerator<Referrer, void, void> {
  const { artifactTypes, after, ...call } = options
  const all = referrerPrefix(repo, subject)
  for (const prefix of prefixes(repo, subject, artifactTypes)) {
    const bounds = after === undefined ? {} : { after: all + after }
    for await (const { key, rec } of core.storage.records.list(prefix, {
      ...call,
      ...bounds,
      values: true,
    })) {
      const { descriptor } = decode<{ descriptor: Descriptor }>(rec!.value)
      // The prefix is a short hash: another type may share it.
      if (artifactTypes && !artifactTypes.includes(descriptor.artifactType ?? '')) continue
      yield { descriptor, cursor: key.slice(all.length), filtered: true }
    }
  }
}

/** In the order of keys, so that a cursor holds across types. */
function prefixes(repo: string, subject: Digest, artifactTypes: readonly string[] | undefined): string[] {
  if (!artifactTypes) return [referrerPrefix(repo, subject)]
  const byHash = new Map(artifactTypes.map((type) => [type8(type), referrerPrefix(repo, subject, type)]))
  return [...byHash.values()].sort()
}
