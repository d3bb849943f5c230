import { isName, RegistryError } from '../oci/index.ts'
import { type Body, type CallOptions, defineRegistry, type ListOptions, type Registry } from '../registry.ts'
import type { Call, Storage } from '../storage/index.ts'
import { deleteBlob, getBlob, mountBlob, resolveBlob } from './blobs.ts'
import { Budget, sharedBudget } from './budget.ts'
import { Catalog } from './catalog.ts'
import { collectGarbage } from './collect/collect.ts'
import type { Collected, CollectOptions } from './collect/run.ts'
import { type Core, cancellable, settled } from './core.ts'
import { maxNameLength } from './keys.ts'
import { deleteManifest, getManifest, pushManifest, unknownManifest } from './manifests.ts'
import { listReferrers } from './referrers.ts'
import { deadlineOf } from './rely.ts'
import { signingKeys } from './signing.ts'
import { sweepUploads } from './sweep.ts'
import { listTags, removeTag } from './tags.ts'
import { Uploads } from './uploads.ts'

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
}

const DAY = 24 * 60 * 60_000
const URL_SECONDS = 15 * 60

/**
 * Makes a registry of a storage.
 * @throws TypeError if the grace period is too short for the storage's clock, or `uploadMemory` is no number above 0.
 */
export function createStore(options: CreateStoreOptions): Store {
  const core: Core = {
    storage: options.storage,
    now: options.now ?? Date.now,
    grace: options.grace ?? DAY,
    sparse: options.sparse ?? false,
    budget: budgetOf(options.uploadMemory),
    urlSeconds: options.urlSeconds ?? URL_SECONDS,
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
  }
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
    resolveManifest: async (repo, reference, options = {}) =>
      (await getManifest(core, repo, reference, cancellable(options))).descriptor,
    tags: (repo, options = {}) => tags(core, catalog, repo, options),
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

/** The first tag also tells that the repository exists; only an empty list needs the catalog. */
async function* tags(
  core: Core,
  catalog: Catalog,
  repo: string,
  options: ListOptions,
): AsyncGenerator<string, void, void> {
  let some = false
  for await (const tag of listTags(core, repo, options)) {
    some = true
    yield tag
  }
  if (!some && !(await catalog.has(repo, cancellable(options)))) {
    throw new RegistryError('NAME_UNKNOWN', 'no such repository: nothing has been pushed to it', {
      detail: { name: repo },
    })
  }
}
