/**
 * What is in an artifact.
 * @module
 */

import {
  type Descriptor,
  type Digest,
  isIndexType,
  type ManifestReference,
  parseManifest,
  RegistryError,
} from '../oci/index.ts'
import type { CallOptions, Reader } from '../registry.ts'
import type { Source } from '../transfer/index.ts'
import { ANNOTATION_TITLE, ANNOTATION_UNPACK, type NamedLayer } from './files.ts'

/** An artifact. */
export interface Artifact {
  /** Of the manifest. */
  readonly descriptor: Descriptor
  /** What it is: its own type, else that of its configuration. */
  readonly artifactType: string
  /** Facts about all of it; absent if there are none. */
  readonly annotations?: Readonly<Record<string, string>>
  /** The manifest that it is about. */
  readonly subject?: Digest
  /** The layers that are files, in order; without those that are to be had elsewhere (`urls`). */
  readonly layers: readonly NamedLayer[]
}

/** Where an artifact is. */
export interface ArtifactSource extends Pick<Source, 'repository' | 'reference'> {
  /** Only its manifest is read. */
  readonly registry: Pick<Reader, 'getManifest'>
}

/**
 * Reads what is in an artifact, or in an image: only its manifest.
 * @throws `RegistryError` of the registry; `MANIFEST_INVALID` for what is no manifest, and for an index.
 */
export async function readArtifact(source: ArtifactSource, options: CallOptions = {}): Promise<Artifact> {
  return (await readAll(source, options)).artifact
}

/** The same, with all that the manifest refers to. */
export async function readAll(
  { registry, repository, reference }: ArtifactSource,
  options: CallOptions,
): Promise<{ readonly artifact: Artifact; readonly references: readonly ManifestReference[] }> {
  const { descriptor, bytes } = await registry.getManifest(repository, reference, options)
  if (isIndexType(descriptor.mediaType))
    throw new RegistryError('MANIFEST_INVALID', 'this is an index of several: choose one of what is in it')
  const view = parseManifest(bytes, descriptor.mediaType)
  const { artifactType = '', annotations, subject, references } = view
  const { layers } = JSON.parse(new TextDecoder().decode(bytes)) as { layers: Descriptor[] }
  const artifact = {
    descriptor,
    artifactType,
    ...(annotations === undefined ? {} : { annotations }),
    ...(subject === undefined ? {} : { subject }),
    layers: layers.flatMap(named),
  }
  return { artifact, references }
}

/** What others have written need not be what it should be. */
function named(descriptor: Descriptor): NamedLayer[] {
  const title: unknown = descriptor.annotations?.[ANNOTATION_TITLE]
  if (typeof title !== 'string' || title === '' || descriptor.urls?.length) return []
  return [{ title, descriptor, isFolder: descriptor.annotations?.[ANNOTATION_UNPACK] === 'true' }]
}
