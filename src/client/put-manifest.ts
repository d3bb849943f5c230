/**
 * The requests that store a manifest under its digest and its tags (end-7).
 * @module
 */

import { repositoryScope } from '../auth/client/index.ts'
import { type Digest, manifestPath, RegistryError, type Tag } from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'
import { type Core, callOf } from './core.ts'
import { mismatch } from './errors.ts'
import { digestIn } from './headers.ts'
import { discard } from './read.ts'

/** Tags that every registry that knows `?tag=` takes at once (distribution-spec, end-7b). */
const TAGS_AT_ONCE = 10
/** The URL or the header is too long: the tags are pushed one by one. */
const TOO_MANY: readonly number[] = [414, 431]

/** A manifest to store. */
export interface Push {
  readonly repo: string
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly digest: Digest
  /** Validator of what it may replace; absent or null: anything. */
  readonly ifMatch?: string | null
  readonly options: CallOptions | undefined
}

/** What is stored. */
export interface Stored {
  readonly tags: readonly Tag[]
  /** Whether the registry says that it lists the manifest with its subject. */
  readonly isListed: boolean
}

/**
 * Stores a manifest: in one request where one is enough. Tags that the registry does not confirm follow one by one.
 * @throws RegistryError whose detail names the tags that were set before it.
 */
export async function putManifest(core: Core, push: Push, tags: readonly Tag[]): Promise<Stored> {
  const isPlain = push.digest.startsWith('sha256:')
  const [first] = tags
  if (first === undefined || (tags.length === 1 && isPlain)) {
    const headers = await put(core, push, first ?? push.digest, '')
    return { tags, isListed: headers.has('oci-subject') }
  }
  const set: Tag[] = []
  let isListed = false
  try {
    for (let at = 0; at < tags.length; at += TAGS_AT_ONCE) {
      const some = tags.slice(at, at + TAGS_AT_ONCE)
      const query = `?${some.map((tag) => `tag=${tag}`).join('&')}`
      const headers = await put(core, push, push.digest, query, TOO_MANY)
      set.push(...confirmed(headers, some))
      isListed ||= headers.has('oci-subject')
    }
    for (const tag of tags.filter((each) => !set.includes(each))) {
      const query = isPlain ? '' : `?digest=${encodeURIComponent(push.digest)}`
      isListed ||= (await put(core, push, tag, query)).has('oci-subject')
      set.push(tag)
    }
  } catch (error) {
    if (set.length === 0 || !(error instanceof RegistryError)) throw error
    const { code, message, status, headers } = error
    throw new RegistryError(code, `${message} (set before: ${set.join(', ')})`, {
      status,
      ...(headers === undefined ? {} : { headers }),
      detail: { tags: set },
      cause: error,
    })
  }
  return { tags: tags.filter((tag) => set.includes(tag)), isListed }
}

/** The tags that a registry says it has set. */
function confirmed(headers: Headers, tags: readonly Tag[]): Tag[] {
  const told = (headers.get('oci-tag') ?? '').split(',').map((tag) => tag.trim())
  return tags.filter((tag) => told.includes(tag))
}

async function put(
  core: Core,
  push: Push,
  reference: Digest | Tag,
  query: string,
  accept: readonly number[] = [],
): Promise<Headers> {
  const { repo, bytes, mediaType, digest, ifMatch, options } = push
  const name = core.settings.nameOf(repo)
  const { response } = await core.send({
    method: 'PUT',
    url: manifestPath(name, reference) + query,
    scopes: [repositoryScope(name, 'pull', 'push')],
    repository: name,
    body: bytes,
    headers: {
      ...(mediaType === '' ? {} : { 'content-type': mediaType }),
      ...(ifMatch ? { 'if-match': ifMatch } : {}),
    },
    accept,
    ...callOf(options),
  })
  await discard(response)
  const { headers, ok } = response
  const told = ok ? digestIn(headers) : null
  if (told?.startsWith(digest.slice(0, 7)) && told !== digest)
    throw mismatch('the registry has stored another manifest', { expected: digest, found: told })
  return headers
}
