/** Small images, pushed as a client does it. */

import { createHash } from 'node:crypto'

/** Where requests go: a registry in this process, or one that listens. */
export interface Site {
  fetch(path: string, init?: RequestInit): Promise<Response>
}

export type Bytes = Uint8Array<ArrayBuffer>

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text)
const json = (value: unknown): Bytes => utf8(JSON.stringify(value))
export const digestOf = (bytes: Uint8Array): `sha256:${string}` =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`
export const describe = (mediaType: string, bytes: Uint8Array) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})

/** The codes of an error body. */
export async function codesOf(response: Response): Promise<string[]> {
  return ((await response.json()) as { errors: { code: string }[] }).errors.map(({ code }) => code)
}

/** The status and the code of an error. */
export async function refusal(response: Response): Promise<[number, string | undefined]> {
  return [response.status, (await codesOf(response))[0]]
}

/** The header of HTTP Basic. */
export const basic = (name: string, password: string) => ({
  authorization: `Basic ${btoa(`${name}:${password}`)}`,
})

/** Pushes a blob in one request. */
export function pushBlob(
  site: Site,
  repo: string,
  body: Bytes,
  headers: HeadersInit = {},
): Promise<Response> {
  return site.fetch(`/v2/${repo}/blobs/uploads/?digest=${digestOf(body)}`, { method: 'POST', body, headers })
}

/** Pushes a manifest under a tag or its digest. */
export function pushManifest(
  site: Site,
  repo: string,
  reference: string,
  body: Bytes,
  type: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const init = { method: 'PUT', body, headers: { ...headers, 'content-type': type } }
  return site.fetch(`/v2/${repo}/manifests/${reference}`, init)
}

/** An image of one layer. */
export interface Image {
  readonly layer: Bytes
  readonly config: Bytes
  readonly manifest: Bytes
  readonly type: string
}

/** Makes an image; two with different texts share nothing but their configuration. */
export function imageOf(text: string, more: object = {}, type = OCI_MANIFEST): Image {
  const [layer, config] = [utf8(text), utf8('{}')]
  const docker = type === DOCKER_MANIFEST
  const manifest = json({
    schemaVersion: 2,
    mediaType: type,
    config: describe(
      docker ? 'application/vnd.docker.container.image.v1+json' : 'application/vnd.oci.image.config.v1+json',
      config,
    ),
    layers: [
      describe(
        docker
          ? 'application/vnd.docker.image.rootfs.diff.tar.gzip'
          : 'application/vnd.oci.image.layer.v1.tar',
        layer,
      ),
    ],
    ...more,
  })
  return { layer, config, manifest, type }
}

/** Pushes an image with its blobs; every answer has to be 201. */
export async function pushImage(
  site: Site,
  repo: string,
  tag: string,
  image: Image,
  headers: Record<string, string> = {},
): Promise<string> {
  const answers = [
    await pushBlob(site, repo, image.layer, headers),
    await pushBlob(site, repo, image.config, headers),
    await pushManifest(site, repo, tag, image.manifest, image.type, headers),
  ]
  const bad = answers.find(({ status }) => status !== 201)
  if (bad) throw new Error(`${bad.url}: ${bad.status} ${await bad.text()}`)
  return digestOf(image.manifest)
}
