/**
 * Tags: a tag names a digest; the reverse index says which tags ever named one, and is never missing.
 * @module
 */

import { inBatches, madeOnce, oneByOne } from '../batches.ts'
import { type Descriptor, type Digest, RegistryError, type Tag } from '../oci/index.ts'
import type { ListOptions } from '../registry.ts'
import type { Call, Entry, Rec } from '../storage/index.ts'
import type { Catalog } from './catalog.ts'
import { type Core, cancellable } from './core.ts'
import { taggedKey, taggedPrefix, tagKey, tagName, tagPrefix } from './keys.ts'
import { decode, encode } from './record.ts'

interface StoredTag {
  readonly digest: Digest
  readonly mediaType: string
  readonly size: number
}

/** Lost races before giving up: each means that somebody else made progress. */
const MAX_RACES = 20

/** The digest that a tag names. */
export async function readTag(core: Core, repo: string, tag: Tag, call: Call): Promise<Digest | null> {
  const rec = await core.storage.records.get(tagKey(repo, tag), call)
  return rec && digestIn(rec)
}

/** The digest in the record of a tag. */
export function digestIn(rec: Rec): Digest {
  return decode<StoredTag>(rec.value).digest
}

/** Lets a tag name a stored manifest. The reverse comes first, so that it is never missing. */
export async function putTag(core: Core, repo: string, tag: Tag, to: Descriptor, call: Call): Promise<void> {
  const { digest, mediaType, size } = to
  await core.storage.records.put(taggedKey(repo, digest, tag), encode({}), call)
  await core.storage.records.put(tagKey(repo, tag), encode({ digest, mediaType, size }), call)
}

/** Removes a tag, whatever it names; false if there was none. Its reverse is left to the collector. */
export async function removeTag(core: Core, repo: string, tag: Tag, call: Call): Promise<boolean> {
  const key = tagKey(repo, tag)
  for (let race = 0; race < MAX_RACES; race++) {
    const rec = await core.storage.records.get(key, call)
    if (!rec) return false
    if (await core.storage.records.remove(key, rec.version, call)) return true
  }
  return false
}

/**
 * Removes every tag of a manifest that was deleted. A tag that names another manifest by now stays, and so
 * does one whose manifest was pushed again meanwhile; the reverse keys are left to the collector.
 */
export async function dropTags(
  core: Core,
  repo: string,
  digest: Digest,
  stillAbsent: () => Promise<boolean>,
  call: Call,
): Promise<void> {
  const prefix = taggedPrefix(repo, digest)
  for await (const { key } of core.storage.records.list(prefix, call)) {
    const tag = tagKey(repo, key.slice(prefix.length))
    const rec = await core.storage.records.get(tag, call)
    if (!rec || digestIn(rec) !== digest) continue
    if (await stillAbsent()) await core.storage.records.remove(tag, rec.version, call)
  }
}

/**
 * The tags of a repository. The first ones also tell that it exists; only an empty list needs the catalog.
 * @throws {@link RegistryError} `NAME_UNKNOWN`.
 */
export function listTags(
  core: Core,
  catalog: Catalog,
  repo: string,
  options: ListOptions,
): AsyncIterable<Tag> {
  return oneByOne(tagsIn(core, catalog, repo, options), options.signal)
}

const namesIn = madeOnce((entries: readonly Entry[]): readonly Tag[] =>
  entries.map(({ key }) => tagName(key)),
)

async function* tagsIn(
  core: Core,
  catalog: Catalog,
  repo: string,
  options: ListOptions,
): AsyncGenerator<readonly Tag[], void, void> {
  const prefix = tagPrefix(repo)
  const { after, limit, ...call } = options
  const bounds = {
    ...(after === undefined ? {} : { after: prefix + after }),
    ...(limit === undefined ? {} : { limit }),
  }
  let some = false
  for await (const entries of inBatches(core.storage.records.list(prefix, { ...call, ...bounds }))) {
    some = true
    yield namesIn(entries)
  }
  if (!some && !(await catalog.has(repo, cancellable(options)))) {
    throw new RegistryError('NAME_UNKNOWN', 'no such repository: nothing has been pushed to it', {
      detail: { name: repo },
    })
  }
}
