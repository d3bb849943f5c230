/**
 * `index.json`: what is in a layout, and what it is called. It is changed in place: fields that are not known here,
 * of the index and of its entries, stay as they are.
 * @module
 */

import {
  type Descriptor,
  type Digest,
  isDigest,
  isTag,
  parseRelativeReference,
  RegistryError,
  type Tag,
} from '../oci/index.ts'

/** What an entry is called (image-spec, annotations.md). */
export const REF_NAME = 'org.opencontainers.image.ref.name'
/** What containerd and docker call it beside. */
const IMAGE_NAME = 'io.containerd.image.name'

type Json = Record<string, unknown>

/** An entry that is a descriptor. */
export interface Entry {
  readonly digest: Digest
  readonly mediaType: string
  readonly tag?: Tag
  /** As it stands in the file. */
  readonly json: Json
}

/** The file, read. */
export interface LayoutIndex {
  readonly json: Json
  /** Those of its entries that are descriptors. */
  readonly entries: readonly Entry[]
}

/** An index of nothing. */
export function emptyIndex(): LayoutIndex {
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  return { json: { schemaVersion: 2, mediaType, manifests: [] }, entries: [] }
}

/** Reads the file. @throws RegistryError `MANIFEST_INVALID` if it is no index. */
export function parseIndex(bytes: Uint8Array): LayoutIndex {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new RegistryError('MANIFEST_INVALID', 'the index.json of the layout is not JSON', { cause })
  }
  const manifests = isJson(json) ? (json['manifests'] ?? []) : null
  if (!isJson(json) || !Array.isArray(manifests))
    throw new RegistryError('MANIFEST_INVALID', 'the index.json of the layout has no list of manifests')
  return { json, entries: manifests.flatMap(entryOf) }
}

/** The bytes of the file. */
export function formatIndex({ json }: LayoutIndex): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json))
}

/** Sets tags to a manifest, or lists it without one. What had these tags before is kept without them. */
export function withManifest(
  index: LayoutIndex,
  descriptor: Descriptor,
  tags: readonly Tag[],
  isReachable: (digest: Digest) => boolean,
): LayoutIndex {
  const { digest } = descriptor
  const cleared = withoutTags(index, tags, digest)
  const own = cleared.entries.filter((entry) => entry.digest === digest)
  const missing = tags.filter((tag) => !own.some((entry) => entry.tag === tag))
  const added: Json[] = missing.map((tag) => ({ ...descriptor, annotations: { [REF_NAME]: tag } }))
  if (tags.length === 0 && own.length === 0 && !isReachable(digest)) added.push({ ...descriptor })
  const kept =
    tags.length === 0 ? cleared : without(cleared, (entry) => entry.digest === digest && isBare(entry))
  return rebuilt(kept, [...listOf(kept), ...added])
}

/** Takes tags off whatever has them but `keep`. An entry that has nothing else to say goes, if there is another. */
export function withoutTags(index: LayoutIndex, tags: readonly Tag[], keep?: Digest): LayoutIndex {
  const seen = new Set<string>()
  const losing = index.entries.filter(
    ({ tag, digest }) => tag !== undefined && tags.includes(tag) && digest !== keep,
  )
  for (const entry of index.entries) if (!losing.includes(entry)) seen.add(entry.digest)
  const list = listOf(index).flatMap((json) => {
    const entry = losing.find((each) => each.json === json)
    if (!entry) return [json]
    if (seen.has(entry.digest)) return []
    seen.add(entry.digest)
    return [untagged(json as Json)]
  })
  return rebuilt(index, list)
}

/** Leaves entries out. */
export function without(index: LayoutIndex, isOut: (entry: Entry) => boolean): LayoutIndex {
  const out = new Set<unknown>(index.entries.filter(isOut).map(({ json }) => json))
  return rebuilt(
    index,
    listOf(index).filter((json) => !out.has(json)),
  )
}

/** Whether an entry says no more than that there is something. */
export function isBare({ json }: Entry): boolean {
  return Object.keys(json).every((key) => ['mediaType', 'digest', 'size', 'artifactType'].includes(key))
}

function rebuilt({ json }: LayoutIndex, manifests: readonly unknown[]): LayoutIndex {
  return { json: { ...json, manifests }, entries: manifests.flatMap(entryOf) }
}

function listOf({ json }: LayoutIndex): readonly unknown[] {
  return (json['manifests'] ?? []) as unknown[]
}

function untagged({ annotations, ...json }: Json): Json {
  const { [REF_NAME]: _, [IMAGE_NAME]: __, ...rest } = annotations as Json
  return Object.keys(rest).length === 0 ? json : { ...json, annotations: rest }
}

function entryOf(json: unknown): Entry[] {
  if (!isJson(json)) return []
  const { digest, mediaType, annotations } = json
  if (typeof digest !== 'string' || !isDigest(digest) || typeof mediaType !== 'string') return []
  const tag = isJson(annotations) ? tagOf(annotations) : undefined
  return [{ digest, mediaType, json, ...(tag === undefined ? {} : { tag }) }]
}

/** The tag in a name: skopeo and oras write the tag alone, others the whole reference. */
function tagOf(annotations: Json): Tag | undefined {
  for (const name of [annotations[REF_NAME], annotations[IMAGE_NAME]]) {
    if (typeof name !== 'string') continue
    if (isTag(name)) return name
    try {
      const { tag } = parseRelativeReference(name)
      if (tag !== undefined) return tag
    } catch {
      // A name that is no reference is a name only.
    }
  }
  return undefined
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
