import { manifestAt, pushBlob, pushed, send } from '../api.ts'
import * as check from '../check.ts'
import * as data from '../data.ts'
import type { Row, Target } from '../target.ts'

const { OCI_INDEX, OCI_MANIFEST } = data
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/** How the type of a manifest is told, and which types are taken. */
export const rows: Row[] = [
  {
    name: 'manifest types/Docker image and list',
    async run(target) {
      const blobs = [data.config(), data.blob(300, 'sha256', DOCKER_LAYER)] as const
      for (const blob of blobs) await pushBlob(target, target.repo1, blob)
      const config = data.descriptor({ ...blobs[0], mediaType: DOCKER_CONFIG })
      const layers = [data.descriptor(blobs[1])]
      const image = data.manifest(
        { schemaVersion: 2, mediaType: DOCKER_MANIFEST, config, layers },
        DOCKER_MANIFEST,
      )
      const platform = { os: 'linux', architecture: 'amd64' }
      const manifests = [data.descriptor(image, { platform })]
      const list = data.manifest({ schemaVersion: 2, mediaType: DOCKER_LIST, manifests }, DOCKER_LIST)
      for (const it of [image, list]) await taken(target, it, it.mediaType, it.mediaType)
    },
  },
  taking('parameters of the type are left out', `${OCI_INDEX}; charset=utf-8`, OCI_INDEX, data.bareIndex()),
  taking('no type: the mediaType of the body', undefined, OCI_INDEX, data.bareIndex()),
  taking('no type at all: an index by its fields', undefined, OCI_INDEX, untyped({ manifests: [] })),
  taking('no mediaType: the type of the request', OCI_INDEX, OCI_INDEX, untyped({ manifests: [] })),
  {
    name: 'manifest types/no type at all: an image by its fields',
    async run(target) {
      const config = data.config()
      await pushBlob(target, target.repo1, config)
      const it = untyped({ config: data.descriptor(config), layers: [] })
      await taken(target, it, undefined, OCI_MANIFEST)
      await taken(target, it, OCI_MANIFEST, OCI_MANIFEST)
    },
  },
  refusing('mediaType and Content-Type differ', OCI_MANIFEST, data.bareIndex()),
  refusing('both layers and manifests', OCI_INDEX, data.bareIndex({ layers: [] })),
  {
    name: 'manifest types/an image with manifests',
    async run(target) {
      const config = data.config()
      await pushBlob(target, target.repo1, config)
      await refused(target, OCI_MANIFEST, data.image(config, [], { manifests: [] }))
    },
  },
  ...[
    'application/vnd.docker.distribution.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ].map((type) =>
    refusing(`schema 1 as ${type.slice(-9)}`, type, {
      ...data.manifest(
        { schemaVersion: 1, name: 'a', tag: 'b', fsLayers: [], history: [], signatures: [] },
        type,
      ),
    }),
  ),
  refusing(
    'the withdrawn artifact manifest',
    'application/vnd.oci.artifact.manifest.v1+json',
    data.manifest({ mediaType: 'application/vnd.oci.artifact.manifest.v1+json', blobs: [] }, OCI_MANIFEST),
  ),
  refusing(
    'an unknown type',
    'application/vnd.example.thing+json',
    data.manifest({ schemaVersion: 2 }, OCI_INDEX),
  ),
  ...['', '{', '[]', 'null', '"text"', '{"schemaVersion":2}', '\u0000'].map((text) =>
    refusing(`the body ${JSON.stringify(text)}`, OCI_INDEX, {
      ...data.content(new TextEncoder().encode(text), OCI_INDEX),
    }),
  ),
  ...Object.entries({
    'a digest that is none': { mediaType: OCI_MANIFEST, digest: 'sha256:bad', size: 1 },
    'upper-case hex': { mediaType: OCI_MANIFEST, digest: `sha256:${'A'.repeat(64)}`, size: 1 },
    'a negative size': { mediaType: OCI_MANIFEST, digest: data.unknownDigest(), size: -1 },
    'no size': { mediaType: OCI_MANIFEST, digest: data.unknownDigest() },
    'no digest': { mediaType: OCI_MANIFEST, size: 1 },
  }).map(([what, descriptor]) =>
    refusing(`a descriptor with ${what}`, OCI_INDEX, data.bareIndex({ manifests: [descriptor] })),
  ),
]

/** A manifest that does not say what it is. */
function untyped(fields: data.Fields): data.Manifest {
  return data.manifest(
    { schemaVersion: 2, annotations: { 'org.example.id': data.word() }, ...fields },
    OCI_INDEX,
  )
}

function taking(name: string, sent: string | undefined, stored: string, it: data.Manifest): Row {
  return { name: `manifest types/${name}`, run: (target) => taken(target, it, sent, stored) }
}

function refusing(name: string, type: string, it: data.Manifest): Row {
  return { name: `manifest types/${name}`, run: (target) => refused(target, type, it) }
}

async function taken(
  target: Target,
  it: data.Manifest,
  sent: string | undefined,
  stored: string,
): Promise<void> {
  const headers: Record<string, string> = sent === undefined ? {} : { 'content-type': sent }
  for (const reference of [it.digest, data.word()]) {
    const place = manifestAt(target.repo1, reference)
    await pushed(target, await send(target, 'PUT', place, { headers, body: it.bytes }), it)
    for (const method of ['GET', 'HEAD'])
      check.header(await send(target, method, place), 'content-type', stored)
  }
}

async function refused(target: Target, type: string, it: data.Manifest): Promise<void> {
  for (const reference of [it.digest, data.word()]) {
    const place = manifestAt(target.repo1, reference)
    const answer = await send(target, 'PUT', place, { headers: { 'content-type': type }, body: it.bytes })
    check.error(answer, 400, 'MANIFEST_INVALID')
    check.status(await send(target, 'GET', place), 404)
  }
}
