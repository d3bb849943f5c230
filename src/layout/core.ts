/**
 * What the methods of a layout share: its files, and what is known of them.
 * @module
 */

import { digestOf } from '../hash/index.ts'
import {
  algorithmOf,
  type Digest,
  encodedOf,
  isContentDigest,
  isIndexType,
  MANIFEST_TYPES,
  type ManifestView,
  parseManifest,
  RegistryError,
} from '../oci/index.ts'
import type { CallOptions, Manifest } from '../registry.ts'
import { INDEX, type LayoutFiles, type LayoutWriting, MARKER, MARKER_CONTENT } from './files.ts'
import { emptyIndex, formatIndex, type LayoutIndex, parseIndex } from './index-json.ts'

/** Longest manifest in bytes, and longest `index.json`. */
const MAX_MANIFEST = 4 * 1024 * 1024
const MAX_INDEX = 64 * 1024 * 1024
/** How deep indexes may lie in indexes. */
const MAX_DEPTH = 16
/** Bytes of manifests whose views are remembered; a view takes about as much as the manifest. */
const MAX_REMEMBERED = 64 * 1024 * 1024

/** A layout that is open. */
export interface Core {
  readonly files: LayoutFiles
  /** The name of its one repository. */
  readonly repository: string
  /** What was read last. */
  state: State | null
  /** Manifests never change. */
  readonly views: Map<Digest, LayoutView>
  /** Bytes of the manifests of these views. */
  remembered: number
}

/** What is known of a manifest. */
export interface LayoutView extends ManifestView {
  /** What an index leads to, with the types that it states. */
  readonly children: readonly Child[]
}

interface Child {
  readonly digest: Digest
  readonly mediaType: string
}

/** What is in a layout, as its index says. */
export interface State {
  readonly version: string
  readonly index: LayoutIndex
  /** The type of each manifest that the index leads to. */
  readonly types: ReadonlyMap<Digest, string>
}

/** Where the bytes of a digest are. */
export function blobFile(digest: Digest): string {
  if (!isContentDigest(digest))
    throw new RegistryError('DIGEST_INVALID', 'unsupported digest algorithm: use sha256 or sha512')
  return `blobs/${algorithmOf(digest)}/${encodedOf(digest)}`
}

/** Checks that a call is about the repository of this layout, and still wanted. */
export function checkCall({ repository }: Core, name: string, { signal }: CallOptions = {}): void {
  signal?.throwIfAborted()
  if (name === repository) return
  throw new RegistryError('NAME_UNKNOWN', `the one repository of this layout is called ${repository}`, {
    detail: { name },
  })
}

/** What is in the layout now: read again if somebody has changed it. `null` if it is no layout yet. */
export async function stateOf(core: Core, call: CallOptions = {}): Promise<State | null> {
  call.signal?.throwIfAborted()
  const version = await core.files.version(INDEX, call)
  if (version === null) return null
  if (core.state?.version === version) return core.state
  const bytes = await core.files.read(INDEX, MAX_INDEX, call)
  if (bytes === null) return null
  const index = parseIndex(bytes)
  core.state = { version, index, types: await typesOf(core, index, call) }
  return core.state
}

/** The same, of a layout that has to be there. @throws RegistryError `NAME_UNKNOWN`. */
export async function knownState(core: Core, repo: string, call?: CallOptions): Promise<State> {
  checkCall(core, repo, call)
  const state = await stateOf(core, call)
  if (state) return state
  throw new RegistryError('NAME_UNKNOWN', 'there is no layout here: its index.json is missing')
}

/** Reads a manifest. A file that is damaged or not there is none. */
export async function manifestIn(
  { files }: Core,
  digest: Digest,
  mediaType: string,
  call?: CallOptions,
): Promise<Manifest | null> {
  const bytes = await files.read(blobFile(digest), MAX_MANIFEST, call)
  if (bytes === null || (await digestOf(algorithmOf(digest), bytes)) !== digest) return null
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes }
}

/** What a manifest refers to. `null` if it is not there, or is none. */
export async function viewOf(
  core: Core,
  digest: Digest,
  mediaType: string,
  call?: CallOptions,
): Promise<LayoutView | null> {
  const known = core.views.get(digest)
  if (known) return known
  const found = await manifestIn(core, digest, mediaType, call)
  if (!found) return null
  try {
    const view = { ...parseManifest(found.bytes, mediaType), children: childrenIn(found.bytes, mediaType) }
    core.remembered += found.bytes.length
    if (core.remembered <= MAX_REMEMBERED) core.views.set(digest, view)
    return view
  } catch {
    // Of others, and no manifest: it can still be read.
    return null
  }
}

/** A view tells no types of children. */
function childrenIn(bytes: Uint8Array, mediaType: string): readonly Child[] {
  if (!isIndexType(mediaType)) return []
  const { manifests } = JSON.parse(new TextDecoder().decode(bytes)) as { manifests: readonly Child[] }
  return manifests.map((child) => ({ digest: child.digest, mediaType: child.mediaType }))
}

/** Follows indexes to everything that is in them. Each is read once, whatever leads to it, and only if it is new. */
export async function typesOf(
  core: Core,
  index: LayoutIndex,
  call?: CallOptions,
): Promise<Map<Digest, string>> {
  const types = new Map<Digest, string>()
  let level: readonly Child[] = index.entries
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const below: Child[] = []
    for (const { digest, mediaType } of level) {
      if (types.has(digest) || !MANIFEST_TYPES.includes(mediaType) || !isContentDigest(digest)) continue
      types.set(digest, mediaType)
      if (!isIndexType(mediaType)) continue
      const view = core.views.get(digest) ?? (await viewOf(core, digest, mediaType, call))
      for (const child of view?.children ?? []) below.push(child)
    }
    level = below
  }
  return types
}

/** The part that writes. @throws RegistryError `UNSUPPORTED`. */
export function writingOf({ files }: Core): LayoutWriting {
  if (files.writing) return files.writing
  throw new RegistryError('UNSUPPORTED', 'this layout can only be read')
}

/** Changes the index: read anew, changed and written while no other of us does. */
export async function change(
  core: Core,
  edit: (index: LayoutIndex) => LayoutIndex | Promise<LayoutIndex>,
): Promise<void> {
  const writing = writingOf(core)
  await writing.alone(async () => {
    const bytes = await core.files.read(INDEX, MAX_INDEX)
    if ((await core.files.size(MARKER)) === null)
      await writing.replace(MARKER, new TextEncoder().encode(MARKER_CONTENT))
    const edited = await edit(bytes === null ? emptyIndex() : parseIndex(bytes))
    await writing.replace(INDEX, formatIndex(edited))
  })
}
