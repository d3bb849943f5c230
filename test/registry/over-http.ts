/**
 * The registry contract, spoken over HTTP by the shortest code that can: for the suite only, without
 * credentials, retries or limits.
 */

import type { Content, Registry } from '../../src/index.ts'
import {
  blobPath,
  type Descriptor,
  type Digest,
  isDigestReference,
  manifestPath,
  OCTET_STREAM,
  RegistryError,
  referrersPath,
  type Tag,
  tagsPath,
  uploadPath,
} from '../../src/oci/index.ts'
import { digestOf } from '../../src/testing/registry/samples.ts'
import {
  type Call,
  contentOf,
  descriptorOf,
  pages,
  type Send,
  sender,
  sizeOf,
  uploadOf,
  type Wire,
} from './http-parts.ts'

/** A registry at the other end of a wire. */
export function overHttp(wire: Wire): Registry {
  const send = sender(wire)
  return { ...reader(send), ...blobs(send), ...uploads(send), ...manifests(send), ...lists(send) }
}

function reader(send: Send): Pick<Registry, 'getBlob' | 'resolveBlob' | 'getManifest' | 'resolveManifest'> {
  return {
    async getBlob(repo, digest, { range, ...options } = {}): Promise<Content> {
      const text = range && ('suffix' in range ? `-${range.suffix}` : `${range.first}-${range.last ?? ''}`)
      const headers = text === undefined ? {} : { range: `bytes=${text}` }
      return contentOf(await send('GET', blobPath(repo, digest), { ...options, headers }))
    },
    async resolveBlob(repo, digest, options) {
      return descriptorOf(await send('HEAD', blobPath(repo, digest), { ...options, unknown: 'BLOB_UNKNOWN' }))
    },
    async getManifest(repo, reference, options) {
      const response = await send('GET', manifestPath(repo, reference), options)
      return { descriptor: descriptorOf(response), bytes: new Uint8Array(await response.arrayBuffer()) }
    },
    async resolveManifest(repo, reference, options) {
      const call: Call = { ...options, unknown: 'MANIFEST_UNKNOWN' }
      return descriptorOf(await send('HEAD', manifestPath(repo, reference), call))
    },
  }
}

function blobs(send: Send): Pick<Registry, 'pushBlob' | 'mountBlob' | 'deleteBlob'> {
  return {
    async pushBlob(repo, { digest, size }, body, options) {
      await send('POST', `${uploadPath(repo)}?digest=${digest}`, { ...options, body, size })
      return resolved(send, repo, digest)
    },
    async mountBlob(repo, digest, { from, mayRead, ...options } = {}) {
      // The rule stays here: the server asks its own.
      if (from === undefined && !mayRead) return null
      const query = from === undefined ? '' : `&from=${from}`
      const response = await send('POST', `${uploadPath(repo)}?mount=${digest}${query}`, options)
      if (response.status === 201) return resolved(send, repo, digest)
      await send('DELETE', response.headers.get('location')!)
      return null
    },
    async deleteBlob(repo, digest, options) {
      await send('DELETE', blobPath(repo, digest), options)
    },
  }
}

async function resolved(send: Send, repo: string, digest: Digest): Promise<Descriptor> {
  const size = sizeOf(await send('HEAD', blobPath(repo, digest)))
  return { mediaType: OCTET_STREAM, digest, size }
}

type Uploads = 'startUpload' | 'uploadStatus' | 'writeUpload' | 'finishUpload' | 'cancelUpload'

function uploads(send: Send): Pick<Registry, Uploads> {
  return {
    async startUpload(repo, { algorithm, ...options } = {}) {
      const query = algorithm === undefined ? '' : `?digest-algorithm=${algorithm}`
      return uploadOf(await send('POST', uploadPath(repo) + query, options))
    },
    async uploadStatus(repo, id, options) {
      return uploadOf(await send('GET', uploadPath(repo, id), options))
    },
    async writeUpload(repo, id, body, options) {
      return uploadOf(await send('PATCH', uploadPath(repo, id), { ...options, body }))
    },
    async finishUpload(repo, id, digest, options) {
      await send('PUT', `${uploadPath(repo, id)}?digest=${digest}`, { ...options })
      return resolved(send, repo, digest)
    },
    async cancelUpload(repo, id, options) {
      await send('DELETE', uploadPath(repo, id), options)
    },
  }
}

function manifests(send: Send): Pick<Registry, 'pushManifest' | 'deleteManifest' | 'deleteTag'> {
  const remove = async (repo: string, reference: Digest | Tag, options?: Call): Promise<void> => {
    await send('DELETE', manifestPath(repo, reference), options)
  }
  return {
    async pushManifest(repo, bytes, mediaType, { digest, tags = [], ...options } = {}) {
      const reference = digest ?? (await digestOf(bytes))
      const query = tags.length === 0 ? '' : `?${tags.map((tag) => `tag=${tag}`).join('&')}`
      const headers = mediaType === '' ? {} : { 'content-type': mediaType }
      const path = manifestPath(repo, reference) + query
      const response = await send('PUT', path, { ...options, body: bytes, headers })
      const subject = response.headers.get('oci-subject') as Digest | null
      const stored = response.headers.get('docker-content-digest') as Digest
      return {
        descriptor: { mediaType, digest: stored, size: bytes.length },
        tags: response.headers.get('oci-tag')?.split(', ') ?? [],
        ...(subject === null ? {} : { subject }),
      }
    },
    deleteManifest: remove,
    deleteTag: remove,
  }
}

function lists(send: Send): Pick<Registry, 'tags' | 'repositories' | 'referrers'> {
  return {
    tags: (repo, options) => pages<string>(send, tagsPath(repo), 'tags', options),
    repositories: (options) => pages<string>(send, '/v2/_catalog', 'repositories', options),
    async *referrers(repo, subject, { artifactTypes = [], after, ...options } = {}) {
      if (after !== undefined) throw new RegistryError('UNSUPPORTED', 'only the server knows cursors')
      if (!isDigestReference(subject)) throw new RegistryError('DIGEST_INVALID', 'not a digest')
      const query = artifactTypes.map((type) => `artifactType=${encodeURIComponent(type)}`).join('&')
      const path = `${referrersPath(repo, subject)}?${query}`
      const response = await send('GET', path, options)
      const filtered =
        artifactTypes.length === 0 || response.headers.get('oci-filters-applied') === 'artifactType'
      const { manifests: found } = (await response.json()) as { manifests: Descriptor[] }
      for (const descriptor of found) yield { descriptor, cursor: '', filtered }
    },
  }
}
