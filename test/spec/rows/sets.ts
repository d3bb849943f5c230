import type { Content, Manifest } from '../data.ts'
import * as data from '../data.ts'

/** What is pushed, listed, read and deleted together. */
export interface DataSet {
  readonly name: string
  readonly needs?: 'sparse'
  readonly blobs: readonly Content[]
  /** In the order of their push. */
  readonly manifests: readonly Tagged[]
  /** All tags go with the push by digest, as `?tag=`. */
  readonly tagParam?: boolean
}

export interface Tagged {
  readonly manifest: Manifest
  readonly tags: readonly string[]
}

type Algorithm = data.Algorithm

/** The data sets of the official suite, with fresh content at each call. */
export const builders: readonly (() => DataSet)[] = [
  () => of('image', picture(), true),
  () => of('image-uncompressed', picture({ layer: data.LAYER_TAR }), true),
  largeManifest,
  () => platforms('index'),
  nestedIndex,
  () => ({ name: 'empty-index', blobs: [], manifests: [tagged(data.bareIndex())] }),
  () => of('artifact', artifact(), true),
  artifactIndex,
  () => of('artifact-without-layers', artifact({ layers: [] }), true),
  dataField,
  () => of('non-distributable-layers', foreign(), true),
  customFields,
  () => of('no-layers', picture({ layers: [] }), true),
  sparseImage,
  sparseIndex,
  () => platforms('sha512', 'sha512', { tags: 0 }),
  () => platforms('tag-param-sha256', 'sha256', { tags: 12, tagParam: true }),
  () => platforms('tag-param-sha512', 'sha512', { tags: 12, tagParam: true }),
]

export interface Picture {
  readonly blobs: readonly Content[]
  readonly manifest: Manifest
}

/** An image; `layers` and other fields of the manifest can be given. */
export function picture(
  options: { layer?: string; algorithm?: Algorithm; layers?: []; fields?: data.Fields } = {},
): Picture {
  const { algorithm = 'sha256', layer = data.LAYER, fields = {} } = options
  const config = data.config({}, algorithm)
  const layers = options.layers ?? [data.blob(700, algorithm, layer), data.blob(300, algorithm, layer)]
  return { blobs: [config, ...layers], manifest: data.image(config, layers, fields, algorithm) }
}

/** An artifact: the empty config and a type of its own. */
export function artifact(options: { layers?: readonly Content[]; fields?: data.Fields } = {}): Picture {
  const config = data.emptyJson()
  const layers = options.layers ?? [
    data.blob(400, 'sha256', 'application/vnd.example.data'),
    data.emptyJson(),
  ]
  const artifactType = `application/vnd.example.${data.word()}`
  const manifest = data.image(config, layers, { artifactType, ...options.fields })
  return { blobs: unique([config, ...layers]), manifest }
}

export function tagged(manifest: Manifest, count = 1): Tagged {
  return { manifest, tags: Array.from({ length: count }, data.word) }
}

export function unique(blobs: readonly Content[]): Content[] {
  return [...new Map(blobs.map((each) => [each.digest, each])).values()]
}

function of(name: string, it: Picture, withTag: boolean): DataSet {
  return { name, blobs: it.blobs, manifests: [tagged(it.manifest, withTag ? 1 : 0)] }
}

function largeManifest(): DataSet {
  const annotations: Record<string, string> = {}
  for (let i = 0; i < 390; i++) annotations[`org.example.large.${i}`] = 'x'.repeat(10_000)
  return of('large-manifest', picture({ fields: { annotations } }), true)
}

function platforms(
  name: string,
  algorithm: Algorithm = 'sha256',
  { tags = 1, tagParam = false }: { tags?: number; tagParam?: boolean } = {},
): DataSet {
  const images = [picture({ algorithm }), picture({ algorithm })]
  const manifests = images.map(({ manifest }, i) =>
    data.descriptor(manifest, { platform: { os: 'linux', architecture: i === 0 ? 'amd64' : 'arm64' } }),
  )
  const index = data.index([], { manifests }, algorithm)
  return {
    name,
    blobs: images.flatMap((each) => each.blobs),
    manifests: [...images.map(({ manifest }) => tagged(manifest, 0)), tagged(index, tags)],
    tagParam,
  }
}

function nestedIndex(): DataSet {
  const halves = [platforms('one', 'sha256', { tags: 0 }), platforms('two', 'sha256', { tags: 0 })]
  const indexes = halves.map((half) => half.manifests[2]!.manifest)
  return {
    name: 'nested-index',
    blobs: halves.flatMap((half) => half.blobs),
    manifests: [...halves.flatMap((half) => half.manifests), tagged(data.index(indexes))],
  }
}

function artifactIndex(): DataSet {
  const its = [artifact(), artifact()]
  const artifactType = `application/vnd.example.${data.word()}`
  const index = data.index(
    its.map(({ manifest }) => manifest),
    { artifactType },
  )
  return {
    name: 'artifact-index',
    blobs: unique(its.flatMap((each) => each.blobs)),
    manifests: [...its.map(({ manifest }) => tagged(manifest, 0)), tagged(index)],
  }
}

function dataField(): DataSet {
  const config = data.config()
  const layers = [data.blob(64), data.blob(64)]
  const embed = (it: Content) => data.descriptor(it, { data: Buffer.from(it.bytes).toString('base64') })
  const manifest = data.image(config, [], { config: embed(config), layers: layers.map(embed) })
  return of('data-field', { blobs: [config, ...layers], manifest }, true)
}

function foreign(): Picture {
  const config = data.config()
  const layers = [data.blob(64, 'sha256', data.LAYER_FOREIGN), data.blob(64, 'sha256', data.LAYER_FOREIGN)]
  const urls = (it: Content) => data.descriptor(it, { urls: [`https://content.example/${data.word()}`] })
  return { blobs: [config], manifest: data.image(config, [], { layers: layers.map(urls) }) }
}

function customFields(): DataSet {
  const extra = () => ({ [`org.example.${data.word()}`]: { deep: [1, null, data.word()], number: 1e3 } })
  const config = data.config(extra())
  const layer = data.blob()
  const manifest = data.image(config, [], { layers: [data.descriptor(layer, extra())], ...extra() })
  const index = data.index([manifest], extra())
  return { name: 'custom-fields', blobs: [config, layer], manifests: [tagged(manifest), tagged(index)] }
}

function sparseImage(): DataSet {
  const { blobs, manifest } = picture()
  return { name: 'sparse-image', needs: 'sparse', blobs: blobs.slice(0, -1), manifests: [tagged(manifest)] }
}

function sparseIndex(): DataSet {
  const [here, absent] = [picture(), picture()]
  const index = data.index([here.manifest, absent.manifest])
  const manifests = [tagged(here.manifest, 0), tagged(index)]
  return { name: 'sparse-index', needs: 'sparse', blobs: here.blobs, manifests }
}
