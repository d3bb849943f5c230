/**
 * The files of an artifact pulled into a folder.
 * @module
 */

import { orRelease } from '../content.ts'
import { createHasher } from '../hash/index.ts'
import {
  algorithmOf,
  type Descriptor,
  type Digest,
  type ManifestReference,
  OCTET_STREAM,
  RegistryError,
} from '../oci/index.ts'
import { type CallOptions, defineRegistry, type Reader, type Registry } from '../registry.ts'
import { type CopyOptions, copy, type Source } from '../transfer/index.ts'
import type { ArtifactFolder, NamedLayer } from './files.ts'
import { readAll } from './read.ts'

/** How files are pulled. */
export interface PullOptions
  extends Pick<CopyOptions, 'concurrency' | 'parts' | 'tries' | 'onProgress' | 'signal'> {
  /** Is told what will be there, before anything is looked at. */
  readonly onLayers?: (layers: readonly NamedLayer[]) => void
}

/** What was pulled. */
export interface PulledArtifact {
  /** Of the manifest. */
  readonly descriptor: Descriptor
  /** What it is. */
  readonly artifactType: string
  /** Facts about all of it; absent if there are none. */
  readonly annotations?: Readonly<Record<string, string>>
  /** The files, in order. */
  readonly files: readonly PulledFile[]
}

/** A file that was pulled. */
export interface PulledFile extends NamedLayer {
  /** `there` if it had been, with the same bytes. */
  readonly state: 'pulled' | 'there'
}

/**
 * Pulls the files of an artifact: the layers that have a name. Files that are there are left as they are, so that a pull
 * that was ended goes on where it was. Before anything is written, each is looked at; what comes is verified before it has
 * its name. Layers without a name are left out.
 *
 * @throws `RegistryError` of the source; of the folder for what cannot be written there; `MANIFEST_INVALID` if no layer
 *   has a name, or two have the same one.
 */
export async function pullArtifact(
  source: Source,
  folder: ArtifactFolder,
  { onProgress, onLayers, ...how }: PullOptions = {},
): Promise<PulledArtifact> {
  const call: CallOptions = how.signal ? { signal: how.signal } : {}
  const { artifact, references } = await readAll(source, call)
  const { layers, ...about } = artifact
  checkNames(layers)
  onLayers?.(layers)
  const missing = new Set<NamedLayer>()
  for (const layer of layers) if (!(await folder.has(layer, call))) missing.add(layer)
  const registry = folderRegistry(source, folder, missing, references)
  const wanted = new Set(layers.map(({ descriptor }) => descriptor.digest))
  const from = { ...source, reference: about.descriptor.digest }
  await copy(
    from,
    { registry, repository: source.repository },
    {
      ...how,
      ...(onProgress && {
        onProgress: (progress) => {
          if (wanted.has(progress.digest)) onProgress(progress)
        },
      }),
    },
  )
  const stateOf = (layer: NamedLayer): PulledFile['state'] => (missing.has(layer) ? 'pulled' : 'there')
  return { ...about, files: layers.map((layer) => ({ ...layer, state: stateOf(layer) })) }
}

function checkNames(layers: readonly NamedLayer[]): void {
  if (layers.length === 0)
    throw new RegistryError('MANIFEST_INVALID', 'there are no files in it: none of its layers has a title')
  const names = new Set<string>()
  for (const { title } of layers) {
    if (names.has(title))
      throw new RegistryError('MANIFEST_INVALID', `two of its files are called ${JSON.stringify(title)}`)
    names.add(title)
  }
}

/** A folder as something that can be copied to. What is not to be pulled is there, and so is the manifest afterwards. */
function folderRegistry(
  { registry, repository }: { readonly registry: Pick<Reader, 'getBlob'>; readonly repository: string },
  folder: ArtifactFolder,
  missing: Iterable<NamedLayer>,
  references: readonly ManifestReference[],
): Registry {
  const left = new Map<Digest, NamedLayer[]>()
  for (const layer of missing) {
    const same = left.get(layer.descriptor.digest)
    if (same) same.push(layer)
    else left.set(layer.descriptor.digest, [layer])
  }
  const sizes = new Map(references.map(({ digest, size }) => [digest, size]))
  return defineRegistry({
    async resolveManifest(_, reference) {
      throw new RegistryError('MANIFEST_UNKNOWN', 'a folder has no manifests', { detail: { reference } })
    },
    async resolveBlob(_, digest) {
      if (left.get(digest)?.length)
        throw new RegistryError('BLOB_UNKNOWN', 'this file is to be pulled', { detail: { digest } })
      return { mediaType: OCTET_STREAM, digest, size: sizes.get(digest)! }
    },
    mountBlob: async () => null,
    async pushBlob(_, { digest }, body, options) {
      let bytes = body instanceof Uint8Array ? new Blob([body.slice()]).stream() : body
      const same = left.get(digest) ?? []
      for (const [at, layer] of [...same].entries()) {
        // Another file with the same bytes: they are read once more, rather than kept.
        if (at > 0) bytes = (await registry.getBlob(repository, digest, options)).stream()
        await take(folder, layer, bytes, options)
        same.shift()
      }
      return { mediaType: OCTET_STREAM, digest, size: sizes.get(digest)! }
    },
    async pushManifest(_, manifest, mediaType, { digest } = {}) {
      return { descriptor: { mediaType, digest: digest!, size: manifest.length }, tags: [] }
    },
  })
}

/** Takes a file in, and gives it its name when it was verified. No more is read than it should have. */
async function take(
  folder: ArtifactFolder,
  layer: NamedLayer,
  bytes: ReadableStream<Uint8Array>,
  options: CallOptions = {},
): Promise<void> {
  const { digest, size } = layer.descriptor
  const hasher = createHasher(algorithmOf(digest))
  let came = 0
  const passed = (chunk: Uint8Array): unknown => {
    came += chunk.length
    if (came > size) throw somethingElse(layer)
    return hasher.update(chunk)
  }
  const staged = await orRelease(bytes, () => folder.stage(layer, bytes, { ...options, passed }))
  try {
    if (staged.size !== size || (await hasher.digest()) !== digest) throw somethingElse(layer)
  } catch (error) {
    await staged.drop()
    throw error
  }
  await staged.keep()
}

function somethingElse({ title, descriptor: { digest } }: NamedLayer): RegistryError {
  const message = `what came for ${JSON.stringify(title)} is something else`
  return new RegistryError('DIGEST_INVALID', message, { status: 502, detail: { digest } })
}
