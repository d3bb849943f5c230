/**
 * The few calls of the registry API with which the tests look at what a client has done.
 * @module
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Descriptor, Layout } from './images.ts'
import type { TestRegistry } from './registry.ts'

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** A manifest or an index, as far as the tests look. */
interface Manifest {
  readonly mediaType?: string
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
}

/** Digest of a manifest, nothing if there is none. */
export async function digestOf(registry: TestRegistry, repository: string, reference: string) {
  const response = await fetch(`${registry.url}/v2/${repository}/manifests/${reference}`, {
    method: 'HEAD',
    headers: { accept },
  })
  if (response.status === 404) return undefined
  if (response.status !== 200) throw new Error(`HEAD ${response.url}: ${response.status}`)
  return response.headers.get('docker-content-digest') ?? undefined
}

/** A manifest with its type. */
export async function manifestOf(registry: TestRegistry, repository: string, reference: string) {
  const response = await fetch(`${registry.url}/v2/${repository}/manifests/${reference}`, {
    headers: { accept },
  })
  if (response.status !== 200) throw new Error(`GET ${response.url}: ${response.status}`)
  return { type: response.headers.get('content-type'), manifest: (await response.json()) as Manifest }
}

/** Tags of a repository. */
export async function tagsOf(registry: TestRegistry, repository: string): Promise<readonly string[]> {
  const response = await fetch(`${registry.url}/v2/${repository}/tags/list`)
  return ((await response.json()) as { tags: string[] }).tags
}

/** Uploads a blob in one request. */
export async function pushBlob(registry: TestRegistry, repository: string, bytes: Buffer, digest: string) {
  const opened = await fetch(`${registry.url}/v2/${repository}/blobs/uploads/`, { method: 'POST' })
  const target = new URL(opened.headers.get('location') ?? '', registry.url)
  target.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream' }
  const response = await fetch(target, { method: 'PUT', headers, body: new Uint8Array(bytes) })
  if (response.status !== 201) throw new Error(`blob ${digest}: ${response.status}`)
}

/** Uploads a manifest, under its digest unless told a tag. Returns the `OCI-Subject` the registry answers. */
export async function pushManifest(
  registry: TestRegistry,
  repository: string,
  bytes: Buffer,
  { mediaType, digest }: Descriptor,
  tag = digest,
) {
  const response = await fetch(`${registry.url}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: new Uint8Array(bytes),
  })
  if (response.status !== 201) throw new Error(`manifest ${digest}: ${response.status}`)
  return response.headers.get('oci-subject') ?? undefined
}

/** Uploads an image or an index of a layout with all it names. */
export async function pushFromLayout(
  registry: TestRegistry,
  repository: string,
  layout: Layout,
  root: Descriptor,
  tag?: string,
): Promise<void> {
  const read = ({ digest }: Descriptor) => readFile(join(layout.folder, 'blobs', digest.replace(':', '/')))
  const bytes = await read(root)
  const { config, layers = [], manifests = [] } = JSON.parse(bytes.toString()) as Manifest
  for (const child of manifests) await pushFromLayout(registry, repository, layout, child)
  for (const blob of config === undefined ? layers : [config, ...layers]) {
    await pushBlob(registry, repository, await read(blob), blob.digest)
  }
  await pushManifest(registry, repository, bytes, root, tag)
}

/** Descriptors of what refers to a manifest. */
export async function referrersOf(registry: TestRegistry, repository: string, digest: string, type?: string) {
  const target = new URL(`${registry.url}/v2/${repository}/referrers/${digest}`)
  if (type !== undefined) target.searchParams.set('artifactType', type)
  const response = await fetch(target)
  if (response.status !== 200) throw new Error(`GET ${response.url}: ${response.status}`)
  return ((await response.json()) as Manifest).manifests ?? []
}
