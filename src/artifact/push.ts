/**
 * Files pushed as an artifact.
 * @module
 */

import type { Descriptor } from '../oci/index.ts'
import { type Copied, type CopyOptions, copy, type Destination } from '../transfer/index.ts'
import type { ArtifactFile } from './files.ts'
import { type ArtifactAbout, packArtifact } from './pack.ts'

/** How files are pushed, and what the artifact says of itself. */
export interface PushOptions
  extends ArtifactAbout,
    Pick<CopyOptions, 'tags' | 'concurrency' | 'tries' | 'onProgress' | 'signal'> {}

/** What was pushed. */
export interface PushedArtifact extends Copied {
  /** What it is. */
  readonly artifactType: string
  /** Of each file, in order. */
  readonly layers: readonly Descriptor[]
}

/**
 * Pushes files as an artifact: those that are there are not sent again, and the manifest comes last. With a `subject` it
 * is one of those that refer to that, and a registry without a list of these gets the fallback tag by `createClient`.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { pushArtifact, readArtifact } from 'ocikit/artifact'
 *
 * const registry = createStore({ storage: memory() })
 * const note = { title: 'note.txt', mediaType: 'text/plain', open: () => new Blob(['hello']).stream() }
 * await pushArtifact({ registry, repository: 'notes', reference: 'v1' }, [note], { artifactType: 'example/note' })
 *
 * const { layers } = await readArtifact({ registry, repository: 'notes', reference: 'v1' })
 * console.log(layers[0]?.title) // note.txt
 * ```
 * @param destination `reference` is the tag to set; absent means none, so that only its digest leads to it.
 * @throws `RegistryError` of the destination; TypeError for files or facts that make no sense.
 */
export async function pushArtifact(
  destination: Destination,
  files: readonly ArtifactFile[],
  { artifactType, annotations, configAnnotations, subject, ...how }: PushOptions = {},
): Promise<PushedArtifact> {
  const about: ArtifactAbout = {
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(configAnnotations === undefined ? {} : { configAnnotations }),
    ...(subject === undefined ? {} : { subject }),
  }
  const packed = await packArtifact(files, about, how.signal ? { signal: how.signal } : {})
  const copied = await copy(packed, destination, how)
  return { ...copied, artifactType: packed.artifactType, layers: packed.layers }
}
