import { defineRegistry, type Registry } from '../registry.ts'
import { isMissing } from './failures.ts'
import { askAll, askInTurn, changeAll } from './unify-calls.ts'
import { allReferrers, merged } from './unify-lists.ts'
import { unifiedUploads } from './unify-uploads.ts'

/** How several registries are one. */
export interface UnifyOptions {
  /**
   * `inTurn` (the default): the first that has something gives it. `atOnce`: all are asked at the same time, and the
   * first answer is taken; a tag has to name the same manifest wherever it is.
   */
  readonly read?: 'inTurn' | 'atOnce'
  /** `all` (the default): changes are made everywhere. `first`: only in the first. */
  readonly write?: 'all' | 'first'
}

/**
 * Several registries as one: their lists are merged, and what one of them has can be read.
 *
 * Something is only missing when it is missing everywhere: a registry that fails is an error, unless another one has
 * it. A change that not all have made is an error whose detail says which have: `{ done: [0], failed: [{ registry: 1,
 * code }] }`, by position. What is deleted must have been somewhere.
 *
 * @throws TypeError for fewer than one registry.
 */
export function unify(
  registries: readonly Registry[],
  { read = 'inTurn', write = 'all' }: UnifyOptions = {},
): Registry {
  const [first] = registries
  if (!first) throw new TypeError('give at least one registry')
  const all = [...registries]
  const targets = write === 'first' ? [first] : all
  const ask = read === 'atOnce' ? askAll : askInTurn
  return defineRegistry({
    getBlob: (repo, digest, options) =>
      ask(all, options, (registry, call) => registry.getBlob(repo, digest, call), {
        drop: (content) => content[Symbol.asyncDispose](),
      }),
    resolveBlob: (repo, digest, options) =>
      ask(all, options, (registry, call) => registry.resolveBlob(repo, digest, call)),
    getManifest: (repo, reference, options) =>
      ask(all, options, (registry, call) => registry.getManifest(repo, reference, call), {
        same: ({ descriptor }) => descriptor.digest,
      }),
    resolveManifest: (repo, reference, options) =>
      ask(all, options, (registry, call) => registry.resolveManifest(repo, reference, call), {
        same: ({ digest }) => digest,
      }),
    ...unifiedUploads(targets),
    pushManifest: async (repo, bytes, mediaType, options) => {
      const pushed = await changeAll(targets, (registry) =>
        registry.pushManifest(repo, bytes, mediaType, options),
      )
      return pushed[0]!
    },
    deleteBlob: (repo, digest, options) =>
      deleteIn(targets, (registry) => registry.deleteBlob(repo, digest, options)),
    deleteManifest: (repo, digest, options) =>
      deleteIn(targets, (registry) => registry.deleteManifest(repo, digest, options)),
    deleteTag: (repo, tag, options) =>
      deleteIn(targets, (registry) => registry.deleteTag(repo, tag, options)),
    tags: (repo, options) =>
      merged(
        all.map((registry) => registry.tags(repo, options)),
        options,
      ),
    repositories: (options) =>
      merged(
        all.map((registry) => registry.repositories(options)),
        options,
      ),
    referrers: (repo, subject, options) => allReferrers(all, repo, subject, options),
  })
}

/** What is not there need not be deleted there; but somewhere it has to be. */
async function deleteIn(
  targets: readonly Registry[],
  work: (registry: Registry) => Promise<void>,
): Promise<void> {
  let missing: unknown
  let done = false
  await changeAll(targets, async (registry) => {
    try {
      await work(registry)
      done = true
    } catch (error) {
      if (!isMissing(error)) throw error
      missing ??= error
    }
  })
  if (!done) throw missing
}
