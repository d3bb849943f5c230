/**
 * Endpoints of uploads (end-4 to end-6, end-11, end-13, end-14).
 * @module
 */

import {
  blobPath,
  type Digest,
  formatUploadRange,
  isDigest,
  isName,
  parseAlgorithm,
  parseContentDigest,
  RegistryError,
  uploadPath,
} from '../oci/index.ts'
import type { Upload } from '../registry.ts'
import { dropIfEmpty, type UploadBody, uploadBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { empty, type HeaderFields } from './respond.ts'

/** POST: a mount, a whole blob, or the beginning of a session. */
export async function startUpload(exchange: Exchange, name: string): Promise<Response> {
  const { query, settings } = exchange
  if (query.has('mount')) return (await mountBlob(exchange, name)) ?? openSession(exchange, name)
  const digest = query.get('digest')
  if (digest !== null && settings.compat.singlePost)
    return pushWhole(exchange, name, parseContentDigest(digest))
  return openSession(exchange, name)
}

export async function serveUpload(exchange: Exchange, name: string, id: string): Promise<Response> {
  const { registry, request, call } = exchange
  switch (request.method) {
    case 'PATCH':
      return writeUpload(exchange, name, id)
    case 'PUT':
      return finishUpload(exchange, name, id)
    case 'DELETE':
      await registry.cancelUpload(name, id, call)
      return empty(204, {})
    default:
      return empty(204, sessionHeaders(exchange, name, await registry.uploadStatus(name, id, call)))
  }
}

/** The headers that tell a client where an upload stands. */
export function sessionHeaders(
  { url, settings: { chunkHints } }: Pick<Exchange, 'url' | 'settings'>,
  name: string,
  upload: Upload,
): HeaderFields {
  return {
    location: url(uploadPath(name, upload.id)),
    range: formatUploadRange(upload.offset),
    'docker-upload-uuid': upload.id,
    'oci-chunk-min-length': (chunkHints.min ?? upload.minChunk)?.toString(),
    'oci-chunk-max-length': (chunkHints.max ?? upload.maxChunk)?.toString(),
  }
}

async function openSession(exchange: Exchange, name: string): Promise<Response> {
  const hint = exchange.query.get('digest-algorithm')
  const algorithm = hint === null ? {} : { algorithm: parseAlgorithm(hint) }
  const upload = await exchange.registry.startUpload(name, { ...exchange.call, ...algorithm })
  return empty(202, sessionHeaders(exchange, name, upload))
}

/** `null` when the blob has to be uploaded: absent, unknown, or of a repository that the caller may not read. */
async function mountBlob(exchange: Exchange, name: string): Promise<Response | null> {
  const { registry, query, call } = exchange
  const digest = query.get('mount')!
  const from = query.get('from') || undefined
  const mayRead = (repo: string) => exchange.may({ type: 'repository', name: repo, action: 'pull' })
  if (!isDigest(digest) || (from !== undefined && !(isName(from) && (await mayRead(from))))) return null
  const source = from === undefined ? { mayRead } : { from }
  const descriptor = await registry.mountBlob(name, digest, { ...call, ...source }).catch((error) => {
    // What cannot be mounted can still be uploaded.
    if (error instanceof RegistryError && error.status < 500) return null
    throw error
  })
  return descriptor && created(exchange, name, digest)
}

async function pushWhole(exchange: Exchange, name: string, digest: Digest): Promise<Response> {
  const { registry, settings, call } = exchange
  const upload = await dropIfEmpty(
    uploadBody(exchange, Math.min(settings.maxChunkSize, settings.maxBlobSize)),
  )
  const size = upload.body ? upload.size : 0
  const body = upload.body ?? new Uint8Array()
  await registry.pushBlob(name, { digest, ...(size === undefined ? {} : { size }) }, body, call)
  return created(exchange, name, digest)
}

async function writeUpload(exchange: Exchange, name: string, id: string): Promise<Response> {
  const { body = new Uint8Array(), ...rest } = await limitedBody(exchange, name, id)
  const upload = await exchange.registry.writeUpload(name, id, body, { ...exchange.call, ...rest })
  return empty(202, sessionHeaders(exchange, name, upload))
}

async function finishUpload(exchange: Exchange, name: string, id: string): Promise<Response> {
  const text = exchange.query.get('digest')
  if (text === null) throw new RegistryError('DIGEST_INVALID', 'the digest is missing: finish with ?digest=')
  const digest = parseContentDigest(text)
  const upload = await dropIfEmpty(await limitedBody(exchange, name, id))
  await exchange.registry.finishUpload(name, id, digest, { ...exchange.call, ...upload })
  return created(exchange, name, digest)
}

/** A blob's limit counts what the session has already; only then is the session asked. */
async function limitedBody(exchange: Exchange, name: string, id: string): Promise<UploadBody> {
  const { registry, settings, call } = exchange
  if (settings.maxBlobSize === Number.POSITIVE_INFINITY) return uploadBody(exchange, settings.maxChunkSize)
  // A session that has ended may be finished once more: whether it may is the registry's to say.
  const { offset } = await registry.uploadStatus(name, id, call).catch((error) => {
    if (error instanceof RegistryError && error.code === 'BLOB_UPLOAD_UNKNOWN') return { offset: 0 }
    throw error
  })
  return uploadBody(exchange, Math.min(settings.maxChunkSize, settings.maxBlobSize - offset))
}

function created(exchange: Exchange, name: string, digest: Digest): Response {
  return empty(201, { location: exchange.url(blobPath(name, digest)), 'docker-content-digest': digest })
}
