/**
 * Files made into an artifact that can be read like any other.
 * @module
 */

import { contentOf } from '../content.ts'
import { createHasher, digestOf } from '../hash/index.ts'
import {
  type Descriptor,
  type Digest,
  isMediaType,
  OCI_EMPTY,
  OCI_MANIFEST,
  OCTET_STREAM,
  RegistryError,
} from '../oci/index.ts'
import { defineRegistry } from '../registry.ts'
import type { Source } from '../transfer/index.ts'
import { ANNOTATION_TITLE, type ArtifactFile, UNKNOWN_ARTIFACT } from './files.ts'
import { isInnerPath } from './inner-path.ts'

/** What an artifact says of itself. */
export interface ArtifactAbout {
  /** What it is: a media type (`application/vnd.unknown.artifact.v1`). */
  readonly artifactType?: string
  /** Facts about all of it. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Facts about its empty configuration. */
  readonly configAnnotations?: Readonly<Record<string, string>>
  /** The manifest that it is about; its descriptor as the registry gives it. */
  readonly subject?: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>
}

/** An artifact that is nowhere yet: something to copy from, where its digest is the reference. */
export interface PackedArtifact extends Source {
  /** Of the manifest. */
  readonly descriptor: Descriptor
  /** What it is. */
  readonly artifactType: string
  /** Of each file, in order. */
  readonly layers: readonly Descriptor[]
}

/** The empty configuration (image-spec, manifest.md, "Guidance for an Empty Descriptor"). */
const EMPTY = new TextEncoder().encode('{}')
const EMPTY_DESCRIPTOR = {
  mediaType: OCI_EMPTY,
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
} as const

/**
 * Makes an artifact of files: an image manifest with an empty configuration, whose layers have the names of the files.
 * Each file is read once for its digest, and again when somebody wants its bytes; nothing of them stays in memory. The
 * same files with the same facts are the same artifact: no time is noted.
 *
 * @throws TypeError for a title that is no relative path or is there twice, and for a type that is no media type.
 */
export async function packArtifact(
  files: readonly ArtifactFile[],
  about: ArtifactAbout = {},
  { signal }: { signal?: AbortSignal } = {},
): Promise<PackedArtifact> {
  checkTypes(files, about)
  checkTitles(files)
  const layers: Descriptor[] = []
  const bodies = new Map<Digest, () => ReadableStream<Uint8Array>>([
    [EMPTY_DESCRIPTOR.digest, () => new Blob([EMPTY]).stream()],
  ])
  for (const file of files) {
    const layer = await layerOf(file, signal)
    layers.push(layer)
    bodies.set(layer.digest, () => file.open())
  }
  const { artifactType = UNKNOWN_ARTIFACT } = about
  const bytes = manifestOf(layers, artifactType, about)
  const descriptor = { mediaType: OCI_MANIFEST, digest: await digestOf('sha256', bytes), size: bytes.length }
  const blobs = new Map([EMPTY_DESCRIPTOR, ...layers].map((blob) => [blob.digest as Digest, blob]))
  const registry = defineRegistry({
    async getManifest() {
      return { descriptor, bytes }
    },
    async getBlob(_, digest) {
      const found = blobs.get(digest)
      if (!found) throw new RegistryError('BLOB_UNKNOWN', 'no file has this digest', { detail: { digest } })
      return contentOf({ mediaType: OCTET_STREAM, digest, size: found.size }, bodies.get(digest)!)
    },
  })
  return { registry, repository: 'files', reference: descriptor.digest, descriptor, artifactType, layers }
}

function checkTypes(files: readonly ArtifactFile[], { artifactType }: ArtifactAbout): void {
  const types = [artifactType, ...files.map(({ mediaType }) => mediaType)]
  const wrong = types.find((type) => type !== undefined && !isMediaType(type))
  if (wrong !== undefined)
    throw new TypeError(`${JSON.stringify(wrong)} is no media type: write it as in text/plain`)
}

function checkTitles(files: readonly ArtifactFile[]): void {
  const known = new Set<string>()
  for (const { title } of files) {
    if (title === undefined) continue
    if (!isInnerPath(title))
      throw new TypeError(
        `${JSON.stringify(title)} is no name for a file that others pull: use a relative path`,
      )
    if (known.has(title)) throw new TypeError(`two files are called ${JSON.stringify(title)}`)
    known.add(title)
  }
}

async function layerOf(file: ArtifactFile, signal: AbortSignal | undefined): Promise<Descriptor> {
  const { title, mediaType = OCTET_STREAM } = file
  const hasher = createHasher('sha256')
  let size = 0
  for await (const chunk of file.open()) {
    signal?.throwIfAborted()
    await hasher.update(chunk)
    size += chunk.length
  }
  const annotations = { ...file.annotations, ...(title === undefined ? {} : { [ANNOTATION_TITLE]: title }) }
  return { mediaType, digest: await hasher.digest(), size, ...noted(annotations) }
}

function manifestOf(
  layers: readonly Descriptor[],
  artifactType: string,
  { annotations, configAnnotations, subject }: ArtifactAbout,
): Uint8Array {
  // Some registries refuse manifests without a layer (image-spec, manifest.md, "layers").
  const empty = { ...EMPTY_DESCRIPTOR, data: 'e30=' }
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    config: { ...empty, ...noted(configAnnotations) },
    layers: layers.length === 0 ? [empty] : layers,
    ...(subject && {
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    }),
    ...noted(annotations),
  }
  return new TextEncoder().encode(JSON.stringify(manifest))
}

/** Annotations, if there are any: in the order of their names, whatever order they were given in. */
function noted(annotations: Readonly<Record<string, string>> = {}): Pick<Descriptor, 'annotations'> {
  const names = Object.keys(annotations).sort()
  if (names.length === 0) return {}
  return { annotations: Object.fromEntries(names.map((name) => [name, annotations[name]!])) }
}
