/**
 * Reading from a layout.
 * @module
 */

import { markPassing } from '../body.ts'
import { contentOf } from '../content.ts'
import { verified } from '../hash/index.ts'
import {
  type Digest,
  isContentDigest,
  isDigestReference,
  OCTET_STREAM,
  RegistryError,
  referrerOf,
  resolveRange,
  type Tag,
} from '../oci/index.ts'
import type { CallOptions, Lister, ListOptions, Manifest, Reader, Referrer } from '../registry.ts'
import {
  blobFile,
  type Core,
  checkCall,
  knownState,
  manifestIn,
  type State,
  stateOf,
  viewOf,
} from './core.ts'

/** The part of a registry that reads. */
export function readerOf(core: Core): Reader {
  const sizeOf = async (repo: string, digest: Digest, call?: CallOptions): Promise<number> => {
    checkCall(core, repo, call)
    const size = isContentDigest(digest) ? await core.files.size(blobFile(digest), call) : null
    if (size === null)
      throw new RegistryError('BLOB_UNKNOWN', 'the layout has no such blob', { detail: { digest } })
    return size
  }
  return {
    async getBlob(repo, digest, { range, location: _, ...call } = {}) {
      const size = await sizeOf(repo, digest, call)
      const span = range ? resolveRange(range, size) : { offset: 0, length: size }
      const open = (): ReadableStream<Uint8Array> => core.files.open(blobFile(digest), span, call)
      return contentOf(
        { mediaType: OCTET_STREAM, digest, size },
        () => (span.length < size ? open() : checked(open(), digest)),
        range ? { range: span } : {},
      )
    },
    async resolveBlob(repo, digest, call) {
      return { mediaType: OCTET_STREAM, digest, size: await sizeOf(repo, digest, call) }
    },
    getManifest: (repo, reference, call) => getManifest(core, repo, reference, call),
    async resolveManifest(repo, reference, call) {
      return (await getManifest(core, repo, reference, call)).descriptor
    },
  }
}

/** The bytes of a whole blob. */
function checked(stream: ReadableStream<Uint8Array>, digest: Digest): ReadableStream<Uint8Array> {
  return markPassing(
    verified(stream, digest, () => damaged(digest)),
    stream,
  )
}

function damaged(digest: Digest): RegistryError {
  return new RegistryError('DIGEST_INVALID', 'the blob is damaged in the layout: push it again', {
    status: 502,
    detail: { digest },
  })
}

async function getManifest(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  call?: CallOptions,
): Promise<Manifest> {
  const state = await knownState(core, repo, call)
  const digest = isDigestReference(reference) ? reference : taggedIn(state, reference)
  const mediaType = digest && state.types.get(digest)
  const found = digest && mediaType ? await manifestIn(core, digest, mediaType, call) : null
  if (found) return found
  throw new RegistryError('MANIFEST_UNKNOWN', 'the layout has no such manifest', { detail: { reference } })
}

/** What a tag names. Several manifests of one name are an error of that name alone. */
function taggedIn({ index }: State, tag: Tag): Digest | undefined {
  const named = new Set(index.entries.filter((entry) => entry.tag === tag).map(({ digest }) => digest))
  if (named.size > 1)
    throw new RegistryError(
      'MANIFEST_INVALID',
      `${named.size} manifests of the layout are called ${tag}: use a digest, or set the tag anew`,
      { detail: { digests: [...named].slice(0, 20) } },
    )
  return [...named][0]
}

/** The part of a registry that lists. */
export function listerOf(core: Core): Lister {
  return {
    async *tags(repo, options) {
      const { index } = await knownState(core, repo, options)
      const tags = new Set(index.entries.flatMap(({ tag }) => (tag === undefined ? [] : [tag])))
      yield* bounded([...tags].sort(), options)
    },
    async *repositories(options) {
      const state = await stateOf(core, options)
      yield* bounded(state && state.types.size > 0 ? [core.repository] : [], options)
    },
    referrers: (repo, subject, options) => referrers(core, repo, subject, options),
  }
}

function* bounded(sorted: readonly string[], { after, limit, signal }: ListOptions = {}): Generator<string> {
  const rest = after === undefined ? sorted : sorted.filter((each) => each > after)
  for (const each of rest.slice(0, limit)) {
    signal?.throwIfAborted()
    yield each
  }
}

/** In the order of their digests, so that a digest is a cursor. */
async function* referrers(
  core: Core,
  repo: string,
  subject: Digest,
  { artifactTypes, after, ...call }: CallOptions & { artifactTypes?: readonly string[]; after?: string } = {},
): AsyncGenerator<Referrer, void, void> {
  const state = repo === core.repository ? await stateOf(core, call) : null
  for (const [digest, mediaType] of [...(state?.types ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (after !== undefined && digest <= after) continue
    const view = await viewOf(core, digest, mediaType, call)
    if (view?.subject !== subject || (artifactTypes && !artifactTypes.includes(view.artifactType ?? '')))
      continue
    const size = await core.files.size(blobFile(digest), call)
    if (size !== null) yield { descriptor: referrerOf(view, digest, size), cursor: digest, filtered: true }
  }
}
