/**
 * Images made on the fly, different in each run: OCI layouts and archives of docker.
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'
import { tar, tarEnd, tarHeader, tarPadding } from './tar.ts'

const type = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const

/** A descriptor. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly os: string; readonly architecture: string }
  readonly annotations?: { readonly [name: string]: string }
  readonly artifactType?: string
}

/** A layer with the digest of its uncompressed form. */
export interface Layer {
  readonly descriptor: Descriptor
  readonly diffId: string
}

/** The digest of bytes. */
export const digest = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** The descriptor of bytes. */
export const describeBytes = (bytes: Buffer, mediaType: string): Descriptor => ({
  mediaType,
  digest: digest(bytes),
  size: bytes.length,
})

/** Bytes of a JSON document. */
export const json = (value: unknown) => Buffer.from(JSON.stringify(value))

/** An OCI image layout in a folder. */
export class Layout {
  readonly folder: string
  #tagged: Descriptor[] = []

  constructor(folder: string) {
    this.folder = folder
  }

  /** Stores bytes. */
  async blob(bytes: Buffer, mediaType: string): Promise<Descriptor> {
    const descriptor = describeBytes(bytes, mediaType)
    await writeFile(await this.#path(descriptor.digest), bytes)
    return descriptor
  }

  /** Stores a layer of files. */
  async layer(files: { readonly [name: string]: string | Buffer }): Promise<Layer> {
    const bytes = tar({ ...files, salt: randomBytes(64) })
    return { descriptor: await this.blob(gzipSync(bytes), type.gzip), diffId: digest(bytes) }
  }

  /** Stores a layer of no bytes at all. */
  async emptyLayer(): Promise<Layer> {
    const descriptor = await this.blob(Buffer.alloc(0), type.layer)
    return { descriptor, diffId: descriptor.digest }
  }

  /** Stores a layer of `size` random bytes, in a gzip stream that does not compress. */
  async bigLayer(size: number): Promise<Layer> {
    await mkdir(this.folder, { recursive: true })
    const file = join(this.folder, 'layer')
    const inner = createHash('sha256')
    const outer = createHash('sha256')
    let length = 0
    async function* plain() {
      for (const part of randomTar(size)) {
        inner.update(part)
        yield part
      }
    }
    async function* packed(parts: AsyncIterable<Buffer>) {
      for await (const part of parts) {
        outer.update(part)
        length += part.length
        yield part
      }
    }
    await pipeline(plain, createGzip({ level: 0, chunkSize: 1 << 20 }), packed, createWriteStream(file))
    const found = `sha256:${outer.digest('hex')}`
    await rename(file, await this.#path(found))
    const descriptor = { mediaType: type.gzip, digest: found, size: length }
    return { descriptor, diffId: `sha256:${inner.digest('hex')}` }
  }

  /** Stores an image of layers. */
  async image(layers: readonly Layer[], architecture = 'amd64'): Promise<Descriptor> {
    const platform = { os: 'linux', architecture }
    const rootfs = { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) }
    const history = layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'test' }))
    const config = await this.blob(
      json({ created: '1970-01-01T00:00:00Z', ...platform, config: { Cmd: ['/hello'] }, rootfs, history }),
      type.config,
    )
    const manifest = {
      schemaVersion: 2,
      mediaType: type.manifest,
      config,
      layers: layers.map((layer) => layer.descriptor),
    }
    return { ...(await this.blob(json(manifest), type.manifest)), platform }
  }

  /** Stores an index of images. */
  index(manifests: readonly Descriptor[]): Promise<Descriptor> {
    return this.blob(json({ schemaVersion: 2, mediaType: type.index, manifests }), type.index)
  }

  /** Gives content a name in the layout. */
  async tag(name: string, descriptor: Descriptor): Promise<void> {
    this.#tagged.push({ ...descriptor, annotations: { 'org.opencontainers.image.ref.name': name } })
    await writeFile(join(this.folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
    await writeFile(join(this.folder, 'index.json'), json({ schemaVersion: 2, manifests: this.#tagged }))
  }

  /** Removes it. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  async #path(name: string): Promise<string> {
    const [algorithm = '', encoded = ''] = name.split(':')
    await mkdir(join(this.folder, 'blobs', algorithm), { recursive: true })
    return join(this.folder, 'blobs', algorithm, encoded)
  }
}

/** An archive with one file of `size` random bytes, in parts. */
export function* randomTar(size: number): Generator<Buffer> {
  yield tarHeader('random', size)
  for (let left = size; left > 0; left -= 1 << 20) yield randomBytes(Math.min(left, 1 << 20))
  yield Buffer.concat([tarPadding(size), tarEnd])
}

/** An archive as `docker load` takes it, with an image of two layers. */
export function dockerArchive(name: string, architecture = 'amd64'): Buffer {
  const layers = ['hello', 'world'].map((file) => tar({ [file]: file, [`${file}.salt`]: randomBytes(64) }))
  const diffIds = layers.map(digest)
  const config = json({
    os: 'linux',
    architecture,
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  })
  const configName = `${digest(config).slice(7)}.json`
  const files: { [file: string]: Buffer } = { [configName]: config }
  for (const [i, layer] of layers.entries()) files[`${i}/layer.tar`] = layer
  const names = layers.map((_, i) => `${i}/layer.tar`)
  return tar({ ...files, 'manifest.json': json([{ Config: configName, RepoTags: [name], Layers: names }]) })
}
