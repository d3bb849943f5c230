/** What the tests of artifacts share. */

import { gzipSync } from 'node:zlib'
import { packTar, type TarHeader } from 'modern-tar'
import { afterEach, beforeEach } from 'vitest'
import { ANNOTATION_TITLE, ANNOTATION_UNPACK, type ArtifactFile } from '../../src/artifact/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { type Descriptor, OCI_MANIFEST, type Tag } from '../../src/oci/index.ts'
import type { Registry } from '../../src/registry.ts'
import { descriptorOf, manifestOf, sampleOf, textOf } from '../../src/testing/registry/samples.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'

/** Gives each test an empty folder. */
export function inFolderEach(use: (folder: Folder) => void): void {
  let folder: Folder
  beforeEach(async () => {
    folder = await temporaryFolder()
    use(folder)
  })
  afterEach(() => folder.remove())
}

/** A file that is a text. */
export function textFile(title: string, text: string, more: Partial<ArtifactFile> = {}): ArtifactFile {
  return { title, mediaType: 'text/plain', open: () => new Blob([text]).stream(), ...more }
}

export function newStore(): Registry {
  return createStore({ storage: memory() })
}

/** Pushes what nobody would who means well: layers with these titles, whatever these are. */
export async function pushRaw(
  registry: Registry,
  tag: Tag,
  layers: readonly { readonly bytes: Uint8Array; readonly annotations?: Record<string, string> }[],
): Promise<void> {
  const config = await textOf('{}')
  await registry.pushBlob('raw', config, config.bytes)
  const descriptors: Descriptor[] = []
  for (const { bytes, annotations } of layers) {
    const sample = await sampleOf(bytes)
    await registry.pushBlob('raw', sample, bytes)
    descriptors.push({ ...descriptorOf(sample), ...(annotations && { annotations }) })
  }
  const fields = { mediaType: OCI_MANIFEST, config: descriptorOf(config), layers: descriptors }
  const { bytes, mediaType } = await manifestOf(fields, OCI_MANIFEST)
  await registry.pushManifest('raw', bytes, mediaType, { tags: [tag] })
}

/** A file of any name. */
export function rawFile(title: string, text = 'text') {
  return { bytes: new TextEncoder().encode(text), annotations: { [ANNOTATION_TITLE]: title } }
}

/** A folder of any content. */
export function rawFolder(title: string, bytes: Uint8Array, more: Record<string, string> = {}) {
  return { bytes, annotations: { [ANNOTATION_TITLE]: title, [ANNOTATION_UNPACK]: 'true', ...more } }
}

/** An archive with gzip. Texts are bodies. */
export async function archiveOf(
  ...entries: readonly (Omit<TarHeader, 'size'> & { readonly text?: string })[]
): Promise<Uint8Array> {
  const tar = await packTar(
    entries.map(({ text = '', ...header }) => ({ header: { ...header, size: text.length }, body: text })),
  )
  return gzipSync(tar)
}
