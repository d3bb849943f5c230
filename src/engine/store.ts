import { isName, RegistryError } from '../oci/index.ts'
import { type Body, type CallOptions, defineRegistry, type Registry } from '../registry.ts'
import type { Call, Storage } from '../storage/index.ts'
import { deleteBlob, getBlob, mountBlob, resolveBlob } from './blobs.ts'
import { Budget, sharedBudget } from './budget.ts'
import { Catalog } from './catalog.ts'
import { collectGarbage } from './collect/collect.ts'
import type { Collected, CollectOptions } from './collect/run.ts'
import { type Core, cancellable, settled } from './core.ts'
import type { FreedListener } from './freed.ts'
import { maxNameLength } from './keys.ts'
import { deleteManifest, getManifest, pushManifest, resolveManifest, unknownManifest } from './manifests.ts'
import { listReferrers } from './referrers.ts'
import { deadlineOf } from './rely.ts'
import { type Retainer, type Retention, retainerOf } from './retain/retainer.ts'
import type { Retained, RetainOptions } from './retain/run.ts'
import { signingKeys } from './signing.ts'
import { sweepUploads } from './sweep.ts'
import { listTags, removeTag } from './tags.ts'
import { Uploads } from './uploads.ts'
import type { Limits } from './usage/count.ts'
import { checkQuotas, type Quota } from './usage/quota.ts'
import { type Usage, type UsageOptions, usageOf } from './usage/usage.ts'

/** What `createStore()` can be told; among the options of `ocikit()`, `grace` is called `uploadExpiry`. */
export interface CreateStoreOptions {
  /** Where it keeps everything. */
  storage: Storage
  /** Accept manifests whose blobs and children are not here (false). */
  sparse?: boolean
  /**
   * How long abandoned uploads and whatever nobody refers to are kept, in milliseconds (24 hours; at least one
   * hour outside tests).
   */
  grace?: number
  /** The clock, in milliseconds since 1970 (`Date.now`). */
  now?: () => number
  /**
   * Memory in bytes for uploads that do not say how long they are, where the storage wants to know: each takes a
   * sixth, up to 8 MiB, and those that find none left wait (48 MiB, which all stores of a process share).
   */
  uploadMemory?: number
  /** What may be kept in some repositories. The same in all processes that use a storage. */
  quotas?: readonly Quota[]
  /** What goes because of its age or number. The same in all processes that use a storage. */
  retention?: Retention
  /** Is told what the collector and retention have freed, after it is gone. What it throws is ignored. */
  onFreed?: FreedListener
  /** How long a URL of the storage is valid for whoever asks for the `location` of a blob, in seconds (15 minutes). */
  urlSeconds?: number
}

/** A registry over a storage. */
export interface Store extends Registry {
  /** Its upload ids are sealed for a repository and a subject, also across restarts and replicas. */
  readonly sealsUploads: true
  /** Removes upload sessions that have expired; safe to call at any time, and in several processes. */
  sweep(): Promise<{ sessions: number }>
  /**
   * Frees what no manifest refers to and nobody has used for the grace period; to be called after `sweep()`, which
   * finds blobs that were pushed and never referred to. Every manifest counts, tagged or not. Safe at any time, in
   * several processes and when it is cut off; if another one is at work, it does nothing. All processes that use a
   * storage must have the same `grace`.
   * @throws {@link RegistryError} `UNSUPPORTED` where the storage promises too little for that.
   */
  collect(options?: CollectOptions): Promise<Collected>
  /**
   * Removes the tags and manifests that `retention` lets go, in the way of a client's DELETE; to be called before
   * `collect()`, which frees their blobs, and some times a day. A tag goes at once; a manifest when no tag, index or
   * subject that stays needs it, and nobody has pushed, used or pulled it for the grace period. Safe at any time, in
   * several processes and when it is cut off.
   */
  retain(options?: RetainOptions): Promise<Retained>
  /** How full each quota is and, if asked for, what each repository keeps. */
  usage(options?: UsageOptions): Promise<Usage>
}

const DAY = 24 * 60 * 60_000
const URL_SECONDS = 15 * 60

/** What retention removes where there are no rules. */
export const NOTHING_RETAINED: Retained = {
  tags: 0,
  manifests: 0,
  repositories: 0,
  skipped: [],
  complete: true,
}

/**
 * Makes a registry of a storage.
 * @throws TypeError if the grace period is too short for the storage's clock, `uploadMemory` is no number above 0, a
 *   quota or a rule of retention makes no sense, or the storage promises too little for them.
 */
export function createStore(options: CreateStoreOptions): Store {
  const retainer = retainerFor(options)
  const core: Core = {
    storage: options.storage,
    now: options.now ?? Date.now,
    grace: options.grace ?? DAY,
    sparse: options.sparse ?? false,
    budget: budgetOf(options.uploadMemory),
    urlSeconds: options.urlSeconds ?? URL_SECONDS,
    ...limitsOf(options),
    ...(retainer ? { retains: retainer.about } : {}),
    ...(options.onFreed ? { onFreed: options.onFreed } : {}),
  }
  if (core.grace / 2 <= deadlineOf(core) + core.storage.traits.skew) {
    throw new TypeError(
      'the grace period is too short for this storage: half of it must exceed its clock skew and ten minutes',
    )
  }
  const catalog = new Catalog(core)
  const registry = defineRegistry({ ...reading(core, catalog), ...writing(core, catalog), ...deleting(core) })
  const references = new Map()
  return {
    ...registry,
    sealsUploads: true,
    sweep: () => sweepUploads(core),
    collect: (collecting = {}) => collectGarbage(core, references, collecting),
    retain: async (retaining = {}) => retainer?.apply(core, retaining) ?? NOTHING_RETAINED,
    usage: (asked = {}) => usageOf(core.storage.records, options.quotas ?? [], asked),
  }
}

function limitsOf({ storage, quotas = [] }: CreateStoreOptions): { limits?: Limits } {
  if (quotas.length === 0) return {}
  checkQuotas(quotas)
  const { consistency, remove } = storage.traits
  if (consistency !== 'strong' || remove === 'none')
    throw new TypeError('this storage cannot keep quotas: what it has written is not seen at once')
  return { limits: { quotas, seen: new Map() } }
}

function retainerFor({ storage, retention }: CreateStoreOptions): Retainer | undefined {
  if (!retention) return undefined
  const { consistency, remove } = storage.traits
  if (consistency !== 'strong' || remove === 'none')
    throw new TypeError(
      'this storage cannot keep rules of retention: it cannot remove only what has not changed',
    )
  return retainerOf(retention)
}

function budgetOf(memory: number | undefined): Budget {
  if (memory === undefined) return sharedBudget
  if (memory > 0) return new Budget(memory)
  throw new TypeError('uploadMemory must be a number above 0')
}

function reading(core: Core, catalog: Catalog): Partial<Registry> {
  return {
    getBlob: (repo, digest, options = {}) => getBlob(core, repo, digest, options, cancellable(options)),
    resolveBlob: (repo, digest, options = {}) => resolveBlob(core, repo, digest, cancellable(options)),
    getManifest: (repo, reference, options = {}) => getManifest(core, repo, reference, cancellable(options)),
    resolveManifest: (repo, reference, options = {}) =>
      resolveManifest(core, repo, reference, cancellable(options)),
    tags: (repo, options = {}) => listTags(core, catalog, repo, options),
    repositories: (options = {}) => catalog.list(options),
    referrers: (repo, subject, options = {}) => listReferrers(core, repo, subject, options),
  }
}

function writing(core: Core, catalog: Catalog): Partial<Registry> {
  const uploads = new Uploads(core, signingKeys(core))
  const longest = maxNameLength(core.storage.traits.maxKey)
  const named = (repo: string): string => {
    if (isName(repo) && repo.length <= longest) return repo
    throw new RegistryError('NAME_INVALID', `names of repositories are at most ${longest} characters here`)
  }
  return {
    pushBlob: (repo, { digest, size }, body, options = {}) =>
      holding(body, async () =>
        uploads.push(named(repo), digest, { ...options, body, ...(size === undefined ? {} : { size }) }),
      ),
    startUpload: async (repo, options = {}) => {
      options.signal?.throwIfAborted()
      return uploads.start(named(repo), options.algorithm ?? 'sha256', options)
    },
    uploadStatus: (repo, id, options = {}) => uploads.status(repo, id, options),
    writeUpload: (repo, id, body, options = {}) =>
      holding(body, () => uploads.write(repo, id, body, options)),
    finishUpload: (repo, id, digest, options = {}) =>
      holding(options.body, () => uploads.finish(repo, id, digest, options)),
    cancelUpload: (repo, id, options = {}) => uploads.cancel(repo, id, options),
    mountBlob: async (repo, digest, options = {}) =>
      mountBlob(core, named(repo), digest, options, begun(options)),
    pushManifest: async (repo, bytes, mediaType, options = {}) =>
      pushManifest(core, catalog, named(repo), bytes, mediaType, options, begun(options)),
  }
}

function deleting(core: Core): Partial<Registry> {
  return {
    deleteBlob: async (repo, digest, options = {}) => deleteBlob(core, repo, digest, begun(options)),
    deleteManifest: async (repo, digest, options = {}) => deleteManifest(core, repo, digest, begun(options)),
    deleteTag: async (repo, tag, options = {}) => {
      if (!(await removeTag(core, repo, tag, begun(options)))) throw unknownManifest(tag)
    },
  }
}

/** A step that writes begins unless the caller has gone already. */
function begun(options: CallOptions): Call {
  options.signal?.throwIfAborted()
  return settled(options)
}

/** Whoever is given a body reads it to the end or cancels it, also when it refuses it unread. */
async function holding<T>(body: Body | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (body instanceof ReadableStream && !body.locked) await body.cancel(error).catch(() => {})
    throw error
  }
}
