/**
 * Copying whole registries, or what of them is wanted.
 * @module
 */

import { type Digest, isName, matchGlob, parseName, type Tag } from '../oci/index.ts'
import type { CallOptions, Registry } from '../registry.ts'
import { copyWith } from './copy.ts'
import { isSame } from './job.ts'
import type { Copied, CopyOptions } from './options.ts'
import { orAbsent } from './retry.ts'

/** What is copied of a registry, and how. */
export interface SyncOptions extends Omit<CopyOptions, 'tags'> {
  /**
   * Names or globs, as in `team/**` (all). Where all are names, the source is not asked for its list of repositories,
   * which many registries do not give.
   */
  readonly repositories?: readonly string[]
  /** Tags or globs, as in `v1.*` (all). */
  readonly tags?: readonly string[]
  /**
   * A name that the repositories are put below, on the other side (none). Where that is the same registry, what a list
   * has below it is left out: it would be copied below itself, again and again.
   */
  readonly prefix?: string
  /** Copy nothing, and tell what would be (false). */
  readonly dryRun?: boolean
  /** Is told of each tag, when it is done. */
  readonly onTag?: (synced: SyncedTag) => void
}

/** What became of a tag. */
export interface SyncedTag {
  /** The repository of the source. */
  readonly repository: string
  /** The repository that it goes to. */
  readonly to: string
  /** The tag, in both. */
  readonly tag: Tag
  /** `missing` is what a dry run says of a tag that would be copied. */
  readonly state: 'copied' | 'there' | 'missing' | 'failed'
  /** Of a copy. */
  readonly copied?: Copied
  /** Of a failure. */
  readonly error?: Error
}

/** How it went. */
export interface Synced {
  /** Repositories that were looked at. */
  readonly repositories: number
  /** Tags that were copied or, in a dry run, would be. */
  readonly copied: number
  /** Tags that were right. */
  readonly there: number
  /** Tags, and repositories whose tags cannot be listed, that failed. */
  readonly failed: number
}

/**
 * Makes the tags of one registry those of another: for each repository, and each of its tags, {@link copy}. Tags that
 * are right already cost a HEAD on each side. What fails is told to `onTag`, and the rest goes on. Nothing is deleted.
 *
 * @throws `RegistryError` if the repositories cannot be listed; TypeError for options that make no sense.
 */
export async function sync(
  source: Registry,
  destination: Registry,
  options: SyncOptions = {},
): Promise<Synced> {
  const { repositories = ['**'], prefix, onTag, signal } = options
  const base = prefix === undefined ? '' : `${parseName(prefix)}/`
  const result = { repositories: 0, copied: 0, there: 0, failed: 0 }
  const run: Run = { source, destination, options, call: signal ? { signal } : {}, placed: new Map() }
  const tell = (synced: SyncedTag): void => {
    result[synced.state === 'missing' ? 'copied' : synced.state]++
    onTag?.(synced)
  }
  for await (const repository of namesOf(run, repositories, base)) {
    result.repositories++
    const to = base + repository
    try {
      for await (const tag of source.tags(repository, run.call)) {
        const item = { repository, to, tag }
        if (isWanted(options, tag)) tell(await syncTag(run, item))
      }
    } catch (error) {
      signal?.throwIfAborted()
      tell({ repository, to, tag: '', state: 'failed', error: error as Error })
    }
  }
  return result
}

interface Run {
  readonly source: Registry
  readonly destination: Registry
  readonly options: SyncOptions
  readonly call: CallOptions
  /** Where blobs are that were copied before. */
  readonly placed: Map<Digest, string>
}

type Item = Pick<SyncedTag, 'repository' | 'to' | 'tag'>

/** All repositories that some glob matches; those of globs that are names are not looked for. */
async function* namesOf(
  { source, destination, call }: Run,
  globs: readonly string[],
  base: string,
): AsyncGenerator<string, void, void> {
  if (globs.every(isName)) return yield* new Set(globs)
  const isBelowItself = base !== '' && isSame(source, destination)
  for await (const name of source.repositories(call)) {
    if (isBelowItself && name.startsWith(base)) continue
    if (globs.some((glob) => matchGlob(glob, name))) yield name
  }
}

function isWanted({ tags = ['*'] }: SyncOptions, tag: Tag): boolean {
  return tags.some((glob) => matchGlob(glob, tag))
}

async function compare({ source, destination, call }: Run, item: Item): Promise<SyncedTag> {
  const [here, there] = await Promise.all([
    source.resolveManifest(item.repository, item.tag, call),
    orAbsent(destination.resolveManifest(item.to, item.tag, call)),
  ])
  return { ...item, state: here.digest === there?.digest ? 'there' : 'missing' }
}

async function syncTag(run: Run, item: Item): Promise<SyncedTag> {
  const { source, destination, call, placed } = run
  // Its own tags are globs, not tags to set.
  const { tags: _, dryRun, ...how } = run.options
  try {
    const compared = await compare(run, item)
    if (dryRun) return compared
    if (compared.state === 'there' && !how.recursive && !how.referrers) return compared
    const from = { registry: source, repository: item.repository, reference: item.tag }
    const to = { registry: destination, repository: item.to }
    const copied = await copyWith(from, to, how, placed)
    const isNew = compared.state !== 'there' || copied.manifests + copied.blobs + copied.mounted > 0
    return { ...item, state: isNew ? 'copied' : 'there', copied }
  } catch (error) {
    call.signal?.throwIfAborted()
    return { ...item, state: 'failed', error: error as Error }
  }
}
