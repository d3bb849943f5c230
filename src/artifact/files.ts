/**
 * What artifacts need of the place where files are. Adapters implement it.
 * @module
 */

import type { Descriptor } from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'

/** The name of the file that a layer is (image-spec, annotations.md). */
export const ANNOTATION_TITLE = 'org.opencontainers.image.title'
/** `true` on a layer that is a folder, as a tar archive with gzip, and is unpacked by who pulls it (oras). */
export const ANNOTATION_UNPACK = 'io.deis.oras.content.unpack'
/** The digest of that archive before gzip (oras). */
export const ANNOTATION_TAR_DIGEST = 'io.deis.oras.content.digest'
/** The type of artifacts whose type nobody has said (oras). */
export const UNKNOWN_ARTIFACT = 'application/vnd.unknown.artifact.v1'

/** Something that becomes a layer of an artifact. */
export interface ArtifactFile {
  /** What the file is called by whoever pulls: a relative path with slashes. Absent: pulls leave it out. */
  readonly title?: string
  /** The media type of the layer (`application/octet-stream`). */
  readonly mediaType?: string
  /** More annotations of the layer. The title wins over one in here. */
  readonly annotations?: Readonly<Record<string, string>>
  /** All bytes. Called more than once, and gives the same each time: at first its digest is found. */
  open(): ReadableStream<Uint8Array>
}

/** A layer with a name. */
export interface NamedLayer {
  /** As the artifact says: not checked yet. */
  readonly title: string
  /** Of the layer, with its annotations. */
  readonly descriptor: Descriptor
  /** Whether it is a folder: a tar archive with gzip. */
  readonly isFolder: boolean
}

/** Where the files of an artifact are pulled to. */
export interface ArtifactFolder {
  /**
   * Whether a file is there, with the same bytes. Asked of each before anything is written. Of a folder that is to be
   * unpacked the answer may be false although all of it is there.
   * @throws RegistryError if it cannot be written: `MANIFEST_INVALID` where its path leads elsewhere, `FILE_EXISTS` where
   *   something else has its place.
   */
  has(layer: NamedLayer, options?: CallOptions): Promise<boolean>
  /**
   * Takes bytes in, which nobody sees under their name yet, and reads the body to its end or cancels it.
   * @param options.passed Sees each chunk before it is kept. Where it throws, the rest is not read.
   */
  stage(
    layer: NamedLayer,
    body: ReadableStream<Uint8Array>,
    options: CallOptions & { passed(chunk: Uint8Array): unknown },
  ): Promise<StagedFile>
}

/** Bytes that were taken in. One of the two is called. */
export interface StagedFile {
  /** How many there were, before anything was unpacked. */
  readonly size: number
  /** Puts them in their place. */
  keep(): Promise<void>
  /** Lets go of them. */
  drop(): Promise<void>
}
