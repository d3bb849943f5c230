/**
 * Manifests and tags through the cache. A digest names the same for ever; a tag is asked for again when it was last
 * seen longer than `ttl` ago.
 * @module
 */

import { type Descriptor, type Digest, isDigestReference, RegistryError, type Tag } from '../oci/index.ts'
import type { CallOptions, Context, Manifest, Reader } from '../registry.ts'
import { isMissing, isOutage, orNull, shown, thrown } from './failures.ts'
import { fetchManifest, keepManifest } from './fetch-manifest.ts'
import { waitFor, within } from './flights.ts'
import { type Core, detached, settled } from './options.ts'
import { rememberTags, type SeenTags } from './seen-tags.ts'

/** Who has something to serve does not wait longer for an upstream to say whether it is still the same. */
const PATIENCE = 5000

/** What this part works with. */
interface Tags extends Core {
  readonly seen: SeenTags
}

/** The part of a cache that reads manifests. */
export function manifestsThrough(core: Core): Pick<Reader, 'getManifest' | 'resolveManifest'> {
  const tags: Tags = { ...core, seen: rememberTags(core.now, core.ttl) }
  return {
    async getManifest(repo, reference, options = {}) {
      if (isDigestReference(reference)) return byDigest(tags, repo, reference, options)
      return core.offline
        ? core.store.getManifest(repo, reference, options)
        : byTag(tags, repo, reference, options)
    },
    async resolveManifest(repo, reference, options = {}) {
      if (isDigestReference(reference)) return resolveDigest(tags, repo, reference, options)
      return core.offline
        ? core.store.resolveManifest(repo, reference, options)
        : resolveTag(tags, repo, reference, options)
    },
  }
}

async function byDigest(
  core: Core,
  repo: string,
  digest: Digest,
  options: CallOptions,
  tag?: Tag,
): Promise<Manifest> {
  const stored = await orNull(core.store.getManifest(repo, digest, options))
  if (stored) {
    core.ledger.use({ kind: 'manifest', repo, digest })
    return stored
  }
  if (core.offline) throw notKept(digest)
  const work = core.flights.join(`manifest ${repo} ${digest}`, () =>
    fetchManifest(core, repo, digest, options.context, tag),
  )
  return waitFor(work, options.signal).catch(thrown(options))
}

async function resolveDigest(
  core: Core,
  repo: string,
  digest: Digest,
  options: CallOptions,
): Promise<Descriptor> {
  const stored = await orNull(core.store.resolveManifest(repo, digest, options))
  if (stored) {
    core.ledger.use({ kind: 'manifest', repo, digest })
    return stored
  }
  if (core.offline) throw notKept(digest)
  const work = core.flights.join(`head ${repo} ${digest}`, () =>
    detached(core, options.context, (call) => core.upstream.resolveManifest(repo, digest, call)),
  )
  return waitFor(work, options.signal).catch(thrown(options))
}

/** A tag that is not stored at all is fetched with its manifest; of others only that is asked for, what they name. */
async function byTag(core: Tags, repo: string, tag: Tag, options: CallOptions): Promise<Manifest> {
  const seen = core.seen.recent(repo, tag)
  if (seen) return byDigest(core, repo, seen.digest, options, tag).then(taggedIn(core, repo, tag, options))
  const kept = await orNull(core.store.resolveManifest(repo, tag, options))
  if (kept) {
    const { digest } = await currentOf(core, repo, tag, kept, options)
    return byDigest(core, repo, digest, options, tag).then(taggedIn(core, repo, tag, options))
  }
  const fetch = async (): Promise<Manifest> => {
    const manifest = await fetchManifest(core, repo, tag, options.context, tag)
    core.seen.set(repo, tag, manifest.descriptor)
    return manifest
  }
  const work = core.flights.join(`tag ${repo} ${tag}`, () => noting(core, repo, tag, fetch))
  return waitFor(work, options.signal).catch(thrown(options))
}

async function resolveTag(core: Tags, repo: string, tag: Tag, options: CallOptions): Promise<Descriptor> {
  const seen = core.seen.recent(repo, tag)
  if (seen) return seen
  const kept = await orNull(core.store.resolveManifest(repo, tag, options))
  return currentOf(core, repo, tag, kept, options)
}

/**
 * What a tag names now. Where the upstream cannot say so, and there is something to serve, it is that, with a warning.
 * @param kept What it names in the store.
 */
async function currentOf(
  core: Tags,
  repo: string,
  tag: Tag,
  kept: Descriptor | null,
  options: CallOptions,
): Promise<Descriptor> {
  const stale = kept ?? core.seen.last(repo, tag)
  const serveStale = (found: Descriptor): Descriptor => {
    const gone = core.seen.missing(repo, tag)
    if (gone) throw gone
    options.context?.warn(`${repo}:${tag} may be out of date: its registry does not answer`)
    return found
  }
  if (stale && core.outages.has(repo)) return serveStale(stale)
  try {
    const answer = waitFor(headOf(core, repo, tag, options.context), options.signal)
    answer.catch(() => {})
    const found = stale ? await within(answer, PATIENCE) : await answer
    return found ?? serveStale(stale!)
  } catch (error) {
    if (options.signal?.aborted) throw error
    if (stale && isOutage(error)) return serveStale(stale)
    throw shown(error)
  }
}

function headOf(core: Tags, repo: string, tag: Tag, context: Context | undefined): Promise<Descriptor> {
  const ask = async (): Promise<Descriptor> => {
    const found = await detached(core, context, (call) => core.upstream.resolveManifest(repo, tag, call))
    core.seen.set(repo, tag, found)
    return found
  }
  return core.flights.join(`head ${repo} ${tag}`, () => noting(core, repo, tag, ask))
}

/** Does what asks the upstream for a tag, and notes what its answer means for later. */
async function noting<T>(core: Tags, repo: string, tag: Tag, ask: () => Promise<T>): Promise<T> {
  try {
    const answer = await ask()
    core.outages.end(repo)
    return answer
  } catch (error) {
    if (isMissing(error)) {
      core.seen.setMissing(repo, tag, error as Error)
      await forget(core, repo, tag)
    } else if (isOutage(error)) core.outages.add(repo, error)
    throw error
  }
}

/** A tag that is gone there goes here, if it is ours. */
async function forget(core: Core, repo: string, tag: Tag): Promise<void> {
  try {
    const kept = await orNull(core.store.resolveManifest(repo, tag))
    if (kept && (await core.ledger.has({ kind: 'manifest', repo, digest: kept.digest })))
      await orNull(core.store.deleteTag(repo, tag))
  } catch (error) {
    core.onError(error)
  }
}

/** Lets a tag name a manifest of the store, unless it does. */
function taggedIn(
  core: Tags,
  repo: string,
  tag: Tag,
  { context }: CallOptions,
): (manifest: Manifest) => Promise<Manifest> {
  return async (manifest) => {
    const { digest } = manifest.descriptor
    if (core.seen.isStored(repo, tag, digest)) return manifest
    const before = await orNull(core.store.resolveManifest(repo, tag, settled(context)))
    if (before?.digest !== digest)
      await core.flights.join(`retag ${repo} ${tag} ${digest}`, () =>
        keepManifest(core, repo, manifest, context, tag),
      )
    core.seen.setStored(repo, tag, digest)
    return manifest
  }
}

function notKept(reference: string): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', 'this manifest is not kept here, and nobody is asked for it', {
    detail: { reference },
  })
}
