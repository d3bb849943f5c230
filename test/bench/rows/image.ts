import { createHash } from 'node:crypto'
import { ask, withDigest } from '../push.ts'

/** The digest of no bytes. */
export const EMPTY: string = `sha256:${createHash('sha256').digest('hex')}`

const CONFIG = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
/** What kind of manifest is pushed. Registries answer it only to who accepts it. */
export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** Pushes an image as `latest`: its manifest is as long as that of a real one with eight layers. */
export async function pushImage(repository: string, authorization?: string): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(CONFIG).digest('hex')}`
  const { location } = await ask('POST', `${repository}/blobs/uploads/`, 202, { authorization })
  await ask('PUT', withDigest(location, digest), 201, { body: CONFIG, authorization })
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: CONFIG.length }
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: CONFIG.length }
  const layers = Array.from({ length: 8 }, () => layer)
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers })
  const sent = { body: manifest, type: MANIFEST, authorization }
  await ask('PUT', `${repository}/manifests/latest`, 201, sent)
  return manifest
}
