/**
 * What `docker save` wrote before it wrote layouts, and `skopeo` and `podman` still do: a `manifest.json` beside
 * configurations and layers, shown as the layout that it stands for.
 * @module
 */

import { createHasher, digestOf } from '../hash/index.ts'
import {
  type Descriptor,
  type Digest,
  isContentDigest,
  isDigest,
  isTag,
  OCI_CONFIG,
  OCI_MANIFEST,
  RegistryError,
} from '../oci/index.ts'
import { blobFile } from './core.ts'
import { INDEX, type LayoutFiles, MARKER, MARKER_CONTENT } from './files.ts'
import { REF_NAME } from './index-json.ts'

/** The list of images in such an archive. */
export const DOCKER_MANIFEST_FILE = 'manifest.json'

const LIMIT = 4 * 1024 * 1024
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

interface Image {
  readonly Config: string
  readonly RepoTags?: readonly string[] | null
  readonly Layers: readonly string[]
}

/** What a path of the layout is: bytes, or a file of the archive. */
type Shown = { readonly bytes: Uint8Array } | { readonly file: string }

/**
 * Shows an archive of `docker save` as a layout, to read. Its manifests are made here, from the configurations and layers
 * as they are; a layer that is not compressed has the digest that its configuration tells, and others are read once.
 *
 * @throws `RegistryError` `MANIFEST_INVALID` if it is no such archive.
 */
export async function dockerArchive(archive: LayoutFiles): Promise<LayoutFiles> {
  const shown = new Map<string, Shown>()
  const manifests: Descriptor[] = []
  for (const image of await imagesIn(archive)) {
    const descriptor = await addImage(archive, image, shown)
    const names = image.RepoTags ?? []
    for (const name of names) manifests.push({ ...descriptor, annotations: annotationsOf(name) })
    if (names.length === 0) manifests.push(descriptor)
  }
  shown.set(INDEX, { bytes: json({ schemaVersion: 2, manifests }) })
  shown.set(MARKER, { bytes: new TextEncoder().encode(MARKER_CONTENT) })
  return {
    version: async (path) => (shown.has(path) ? 'archive' : null),
    async size(path, call) {
      const found = shown.get(path)
      if (!found) return null
      return 'bytes' in found ? found.bytes.length : archive.size(found.file, call)
    },
    async read(path, limit, call) {
      const found = shown.get(path)
      if (!found) return null
      return 'bytes' in found ? found.bytes : archive.read(found.file, limit, call)
    },
    open(path, span, call) {
      const found = shown.get(path)!
      if ('file' in found) return archive.open(found.file, span, call)
      const bytes = found.bytes.slice(span.offset, span.offset + span.length)
      return new Blob([bytes]).stream()
    },
  }
}

async function imagesIn(archive: LayoutFiles): Promise<readonly Image[]> {
  const bytes = await archive.read(DOCKER_MANIFEST_FILE, LIMIT)
  try {
    const images = JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array())) as readonly Image[]
    if (images.every(isImage)) return images
  } catch {
    // The same to who reads it.
  }
  throw new RegistryError('MANIFEST_INVALID', 'this is neither an image layout nor an archive of docker save')
}

function isImage({ Config, Layers, RepoTags }: Image): boolean {
  return areTexts([Config]) && areTexts(Layers) && areTexts(RepoTags ?? [])
}

function areTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((each) => typeof each === 'string')
}

async function addImage(archive: LayoutFiles, image: Image, shown: Map<string, Shown>): Promise<Descriptor> {
  const bytes = await archive.read(image.Config, LIMIT)
  if (bytes === null) throw lacks(image.Config)
  const config = await descriptorOf(OCI_CONFIG, bytes)
  shown.set(blobFile(config.digest), { bytes })
  const diffIds = diffIdsIn(bytes)
  const layers: Descriptor[] = []
  for (const [i, file] of image.Layers.entries()) {
    const layer = await layerOf(archive, file, diffIds[i])
    shown.set(blobFile(layer.digest), { file })
    layers.push(layer)
  }
  const manifest = json({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers })
  const descriptor = await descriptorOf(OCI_MANIFEST, manifest)
  shown.set(blobFile(descriptor.digest), { bytes: manifest })
  return descriptor
}

/** None, if the configuration tells none. */
function diffIdsIn(config: Uint8Array): readonly unknown[] {
  try {
    const body = JSON.parse(new TextDecoder().decode(config)) as { rootfs: { diff_ids: unknown } }
    return Array.isArray(body.rootfs.diff_ids) ? body.rootfs.diff_ids : []
  } catch {
    return []
  }
}

async function layerOf(archive: LayoutFiles, file: string, diffId: unknown): Promise<Descriptor> {
  const size = await archive.size(file)
  if (size === null) throw lacks(file)
  const compression = await compressionOf(archive, file, size)
  const known =
    compression === '' && typeof diffId === 'string' && isDigest(diffId) && isContentDigest(diffId)
  const digest = known ? (diffId as Digest) : await fileDigest(archive, file, size)
  return { mediaType: LAYER + compression, digest, size }
}

async function compressionOf(
  archive: LayoutFiles,
  file: string,
  size: number,
): Promise<'' | '+gzip' | '+zstd'> {
  if (size < 4) return ''
  const head = new Uint8Array(await new Response(archive.open(file, { offset: 0, length: 4 })).arrayBuffer())
  const magic = [...head].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  if (magic.startsWith('1f8b')) return '+gzip'
  return magic === '28b52ffd' ? '+zstd' : ''
}

async function fileDigest(archive: LayoutFiles, file: string, size: number): Promise<Digest> {
  const hasher = createHasher('sha256')
  if (size > 0)
    for await (const chunk of archive.open(file, { offset: 0, length: size })) await hasher.update(chunk)
  return hasher.digest()
}

function annotationsOf(name: string): Record<string, string> {
  const tag = name.slice(name.lastIndexOf(':') + 1)
  return { 'io.containerd.image.name': name, [REF_NAME]: isTag(tag) ? tag : name }
}

async function descriptorOf(mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  return { mediaType, digest: await digestOf('sha256', bytes), size: bytes.length }
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function lacks(file: string): RegistryError {
  return new RegistryError(
    'MANIFEST_INVALID',
    `the archive has no ${file.slice(0, 200)}, which its manifest.json names`,
  )
}
