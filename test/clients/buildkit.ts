/**
 * What BuildKit pushes: caches and images with attestations, made on the fly.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { type Descriptor, describeBytes, json } from './images.ts'

/** Bytes with their descriptor. */
export interface Content {
  readonly bytes: Buffer
  readonly descriptor: Descriptor
}

/** Contents by the names the tests give them. */
export type Contents = { readonly [name: string]: Content }

const oci = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const

const docker = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const

/** Bytes with their descriptor. */
export const makeContent = (bytes: Buffer, mediaType: string): Content => ({
  bytes,
  descriptor: describeBytes(bytes, mediaType),
})

const document = (mediaType: string, fields: object) =>
  makeContent(json({ schemaVersion: 2, mediaType, ...fields }), mediaType)

/**
 * A cache: `base`, `layer`, `config` and the `cache` that names them. As an `index` it calls layers and
 * configuration its manifests, although they are blobs.
 * @param previous - A cache with the same base.
 */
export function cacheOf(form: 'index' | 'image', types: 'oci' | 'docker', previous?: Contents): Contents {
  const { index, layer: layerType } = types === 'oci' ? oci : docker
  const base = previous?.['base'] ?? makeContent(randomBytes(4000), layerType)
  const layer = makeContent(randomBytes(1000), layerType)
  const records = [base, layer].map(({ descriptor }, i) => ({
    digest: makeContent(randomBytes(8), '').descriptor.digest,
    results: [{ layer: i, createdat: '2024-01-01T00:00:00Z' }],
    blob: descriptor.digest,
  }))
  const config = makeContent(json({ layers: records }), 'application/vnd.buildkit.cacheconfig.v0')
  const layers = [base, layer].map(({ descriptor }) => ({
    ...descriptor,
    annotations: {
      'buildkit/createdat': '2024-01-01T00:00:00Z',
      'containerd.io/uncompressed': makeContent(randomBytes(8), '').descriptor.digest,
    },
  }))
  const cache =
    form === 'index'
      ? document(index, { manifests: [...layers, config.descriptor] })
      : document(oci.manifest, { config: config.descriptor, layers })
  return { base, layer, config, cache }
}

/**
 * An image of one platform with its attestations: `layer`, `config`, `image`, then `sbom`, `provenance`, `about`
 * (their configuration), `attestation`, and the `index` of both.
 * @param form - What the attestation is: an image for no platform, or an artifact whose subject is the image.
 */
export function imageOf(form: 'image' | 'artifact'): Contents {
  const platform = { os: 'linux', architecture: 'amd64' }
  const unknown = { os: 'unknown', architecture: 'unknown' }
  const layer = makeContent(randomBytes(3000), oci.layer)
  const config = makeContent(json({ ...platform, rootfs: rootfs(layer) }), oci.config)
  const image = document(oci.manifest, { config: config.descriptor, layers: [layer.descriptor] })

  const statement = (predicateType: string) => {
    const subject = [{ name: 'pkg:docker/test', digest: { sha256: image.descriptor.digest.slice(7) } }]
    const fields = { _type: 'https://in-toto.io/Statement/v0.1', predicateType, subject, predicate: {} }
    return makeContent(json(fields), 'application/vnd.in-toto+json')
  }
  const sbom = statement('https://spdx.dev/Document')
  const provenance = statement('https://slsa.dev/provenance/v1')
  const predicates = [
    { ...sbom.descriptor, annotations: { 'in-toto.io/predicate-type': 'https://spdx.dev/Document' } },
    {
      ...provenance.descriptor,
      annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' },
    },
  ]
  const about =
    form === 'image'
      ? makeContent(json({ ...unknown, config: {}, rootfs: rootfs(sbom, provenance) }), oci.config)
      : makeContent(json({}), 'application/vnd.oci.empty.v1+json')
  const { mediaType, digest, size } = image.descriptor
  const artifact = {
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    subject: { mediaType, digest, size },
  }
  const attestation = document(oci.manifest, {
    config: about.descriptor,
    layers: predicates,
    ...(form === 'artifact' ? artifact : {}),
  })
  const annotations = {
    'vnd.docker.reference.digest': digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  }
  const manifests = [
    { ...image.descriptor, platform },
    { ...attestation.descriptor, annotations, platform: unknown },
  ]
  const index = document(oci.index, { manifests })
  return { layer, config, image, sbom, provenance, about, attestation, index }
}

const rootfs = (...layers: readonly Content[]) => ({
  type: 'layers',
  diff_ids: layers.map((layer) => layer.descriptor.digest),
})
