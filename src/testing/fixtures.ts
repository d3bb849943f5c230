/**
 * Content of a registry written down by names of one's own: blobs and manifests refer to each other by id, and the
 * digests are worked out.
 * @module
 */

import {
  type Algorithm,
  type Descriptor,
  type Digest,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_MANIFEST,
  OCTET_STREAM,
  type Tag,
} from '../oci/index.ts'
import type { Writer } from '../registry.ts'
import { digestOf } from './registry/samples.ts'

/** A blob: a text, bytes, or either with its media type. */
export type BlobFixture =
  | string
  | Uint8Array
  | { readonly content: string | Uint8Array; readonly mediaType: string }

/** Fields of every manifest. */
export interface CommonFixture {
  /** Id of the manifest that this one is about. */
  readonly subject?: string
  /** What kind of artifact it is. */
  readonly artifactType?: string
  /** Facts about it, by name. */
  readonly annotations?: Readonly<Record<string, string>>
  /** The algorithm of its digest (`sha256`). */
  readonly algorithm?: Algorithm
}

/** An image or another artifact, by ids of blobs. Without a `config` it has the empty one. */
export interface ImageFixture extends CommonFixture {
  /** Id of a blob. */
  readonly config?: string
  /** Ids of blobs (none). */
  readonly layers?: readonly string[]
}

/** An index, by ids of manifests. */
export interface IndexFixture extends CommonFixture {
  /** Ids, each with the platform that it is for, if it is for one. */
  readonly manifests: readonly (string | { readonly id: string; readonly platform: Platform })[]
}

/** What an image runs on. */
export interface Platform {
  /** As in `linux`. */
  readonly os: string
  /** As in `amd64`. */
  readonly architecture: string
  /** As in `v8`. */
  readonly variant?: string
}

/** What a repository holds. Ids are those of this repository, and of blobs and manifests together. */
export interface RepositoryFixture {
  /** By id. */
  readonly blobs?: Readonly<Record<string, BlobFixture>>
  /** By id, in any order. */
  readonly manifests?: Readonly<Record<string, ImageFixture | IndexFixture>>
  /** The id of the manifest that each tag names. */
  readonly tags?: Readonly<Record<Tag, string>>
}

/** What was pushed. */
export interface Filled {
  /**
   * How something is pointed at.
   * @throws TypeError for an id that the fixture does not have.
   */
  descriptor(repository: string, id: string): Descriptor
  /** Its digest. @throws TypeError for an id that the fixture does not have. */
  digest(repository: string, id: string): Digest
  /** Its bytes. @throws TypeError for an id that the fixture does not have. */
  bytes(repository: string, id: string): Uint8Array
}

/**
 * Pushes content to a registry: blobs first, then manifests, each after those that it refers to, with their tags.
 *
 * @param content By repository.
 * @throws TypeError, before anything is pushed to a repository, for ids that are not there, are there twice, or refer to
 *   each other in a circle. Whatever the registry throws.
 *
 * @example
 * ```ts
 * import { fill, testRegistry } from 'ocikit/testing'
 *
 * await using there = testRegistry()
 * const filled = await fill(there.registry, {
 *   'team/app': {
 *     blobs: { config: '{}', layer: 'hello' },
 *     manifests: {
 *       image: { config: 'config', layers: ['layer'] },
 *       sbom: { artifactType: 'application/spdx+json', layers: ['layer'], subject: 'image' },
 *     },
 *     tags: { latest: 'image' },
 *   },
 * })
 * const { digest } = await there.registry.resolveManifest('team/app', 'latest')
 * console.log(digest === filled.digest('team/app', 'image')) // true
 * ```
 */
export async function fill(
  registry: Pick<Writer, 'pushBlob' | 'pushManifest'>,
  content: Readonly<Record<string, RepositoryFixture>>,
): Promise<Filled> {
  const made = new Map<string, ReadonlyMap<string, Made>>()
  for (const [repository, fixture] of Object.entries(content)) {
    const all = await make(fixture, repository)
    made.set(repository, all)
    for (const [id, { descriptor, bytes, kind }] of all) {
      if (kind === 'blob') await registry.pushBlob(repository, descriptor, bytes)
      else {
        const tags = Object.entries(fixture.tags ?? {}).flatMap(([tag, named]) => (named === id ? [tag] : []))
        const { mediaType, digest } = descriptor
        await registry.pushManifest(repository, bytes, mediaType, { digest, tags })
      }
    }
  }
  const find = (repository: string, id: string): Made => {
    const found = made.get(repository)?.get(id)
    if (!found) throw new TypeError(`there is no ${JSON.stringify(id)} in the repository ${repository}`)
    return found
  }
  return {
    descriptor: (repository, id) => find(repository, id).descriptor,
    digest: (repository, id) => find(repository, id).descriptor.digest,
    bytes: (repository, id) => find(repository, id).bytes,
  }
}

interface Made {
  readonly kind: 'blob' | 'manifest'
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** Everything of a repository, what is referred to first. */
async function make(fixture: RepositoryFixture, repository: string): Promise<ReadonlyMap<string, Made>> {
  const { blobs = {}, manifests = {}, tags = {} } = fixture
  const made = new Map<string, Made>()
  const fail = (text: string): never => {
    throw new TypeError(`the fixture of ${repository}: ${text}`)
  }
  for (const [id, blob] of Object.entries(blobs)) {
    if (Object.hasOwn(manifests, id)) fail(`a blob and a manifest are called ${JSON.stringify(id)}`)
    made.set(id, await blobOf(blob))
  }
  const under = new Set<string>()
  const madeOf = async (id: string, by: string): Promise<Made> => {
    const there = made.get(id)
    if (there) return there
    if (!Object.hasOwn(manifests, id)) fail(`${by} names ${JSON.stringify(id)}, which is not there`)
    if (under.has(id)) fail(`${JSON.stringify(id)} refers to itself`)
    under.add(id)
    const manifest = await manifestOf(manifests[id]!, (inner) => madeOf(inner, id), made)
    made.set(id, manifest)
    return manifest
  }
  for (const id of Object.keys(manifests)) await madeOf(id, id)
  for (const [tag, id] of Object.entries(tags))
    if (!Object.hasOwn(manifests, id))
      fail(`the tag ${tag} names ${JSON.stringify(id)}, which is no manifest`)
  return made
}

async function blobOf(blob: BlobFixture): Promise<Made> {
  const isPlain = typeof blob === 'string' || blob instanceof Uint8Array
  const { content, mediaType } = isPlain ? { content: blob, mediaType: OCTET_STREAM } : blob
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return { kind: 'blob', descriptor: await describe(bytes, mediaType), bytes }
}

/** Of the empty configuration there is no id: it cannot be meant by mistake. */
const EMPTY_ID = ''

async function manifestOf(
  fixture: ImageFixture | IndexFixture,
  find: (id: string) => Promise<Made>,
  made: Map<string, Made>,
): Promise<Made> {
  const { subject, artifactType, annotations, algorithm } = fixture
  const point = async (id: string): Promise<Descriptor> => (await find(id)).descriptor
  const body =
    'manifests' in fixture
      ? { mediaType: OCI_INDEX, manifests: await childrenOf(fixture, point) }
      : { mediaType: OCI_MANIFEST, ...(await partsOf(fixture, point, made)) }
  const manifest = {
    schemaVersion: 2,
    ...body,
    ...(artifactType !== undefined && { artifactType }),
    ...(subject !== undefined && { subject: await point(subject) }),
    ...(annotations && { annotations }),
  }
  const bytes = new TextEncoder().encode(JSON.stringify(manifest))
  return { kind: 'manifest', descriptor: await describe(bytes, body.mediaType, algorithm), bytes }
}

async function childrenOf({ manifests }: IndexFixture, point: (id: string) => Promise<Descriptor>) {
  const children: Descriptor[] = []
  for (const each of manifests) {
    if (typeof each === 'string') children.push(await point(each))
    else children.push(Object.assign({}, await point(each.id), { platform: each.platform }))
  }
  return children
}

async function partsOf(
  { config, layers = [] }: ImageFixture,
  point: (id: string) => Promise<Descriptor>,
  made: Map<string, Made>,
) {
  const pointed: Descriptor[] = []
  for (const layer of layers) pointed.push(await point(layer))
  if (config === undefined) return { config: await emptyConfig(made), layers: pointed }
  const { mediaType, ...rest } = await point(config)
  // What is only said to be bytes is a configuration here.
  return {
    config: { mediaType: mediaType === OCTET_STREAM ? OCI_CONFIG : mediaType, ...rest },
    layers: pointed,
  }
}

async function emptyConfig(made: Map<string, Made>): Promise<Descriptor> {
  const empty = made.get(EMPTY_ID) ?? (await blobOf({ content: '{}', mediaType: OCI_EMPTY }))
  made.set(EMPTY_ID, empty)
  return empty.descriptor
}

async function describe(bytes: Uint8Array, mediaType: string, algorithm?: Algorithm): Promise<Descriptor> {
  return { mediaType, digest: await digestOf(bytes, algorithm), size: bytes.length }
}
