/**
 * What repositories keep, in the order of keys: manifests, then referrers, then the reverse of tags, then tags.
 * @module
 */

import type { Entry } from '../../storage/index.ts'
import { strayRecord } from './links.ts'
import { checkManifest } from './manifests.ts'
import { readRepositoryKey } from './read-key.ts'
import { inParallel, type Run } from './run.ts'
import { checkPointers, type Pointer } from './tags.ts'

/** Manifests that are looked at a time: Cloudflare Workers have six connections. */
const AT_ONCE = 6

/** Checks records of repositories. */
export async function checkRepositories(run: Run, entries: readonly Entry[]): Promise<void> {
  const manifests: (() => Promise<void>)[] = []
  const pointers: Pointer[] = []
  for (const entry of entries) {
    const is = readRepositoryKey(entry.key)
    if (is === null) {
      strayRecord(run, entry.key)
      continue
    }
    run.seen.add(entry.key)
    if (is.kind === 'manifest') {
      manifests.push(() => checkManifest(run, entry, is.repo, is.digest))
      run.enter(is.repo)
    } else if (is.kind !== 'reverse') pointers.push({ entry, is })
  }
  await inParallel(manifests, AT_ONCE, (check) => check())
  await checkPointers(run, pointers)
}
