/**
 * Multipart uploads: objects made of parts.
 * @module
 */

import type { Piece } from '../../../src/storage/contract.ts'
import type { Client } from './client.ts'
import { S3Error } from './errors.ts'
import { element, elementsOf, textOf } from './xml.ts'

/** Completing many parts takes the store minutes. */
const PATIENCE = 10 * 60_000
const COMPLETE_TRIES = 4
const MAX_PAGES = 100
const GONE = 'NoSuchUpload'
/** Refusals of an upload that is not what its owner remembers. */
const LOST: readonly string[] = [GONE, 'InvalidPart', 'InvalidPartOrder']

const text = new TextDecoder()
const utf8 = new TextEncoder()

/** Begins an upload; returns its id. */
export async function createUpload(client: Client, object: string, signal?: AbortSignal): Promise<string> {
  const { body, unsure } = await client.read({ method: 'POST', object, query: { uploads: '' }, signal })
  const id = textOf(text.decode(body), 'UploadId')
  if (id === undefined) throw new S3Error('NoUploadId', 200, 'the S3 store gave no id for a multipart upload')
  // A place is begun once, so what else there is comes from a try whose answer was lost: nobody would end it.
  if (unsure) await abortUploads(client, object, signal, id).catch(() => {})
  return id
}

/** Stores a part; returns its ETag, or null if there is no such upload: it was completed or aborted. */
export async function uploadPart(
  client: Client,
  upload: { object: string; id: string; no: number },
  body: Uint8Array | ReadableStream<Uint8Array>,
  size: number,
  signal: AbortSignal,
): Promise<string | null> {
  const query = { partNumber: `${upload.no}`, uploadId: upload.id }
  const ask = { method: 'PUT', object: upload.object, query, body, size, signal } as const
  const { code, headers } = await client.read({ ...ask, accept: [GONE] })
  if (code !== '') return null
  const etag = headers.get('etag')
  if (etag === null) throw new S3Error('NoETag', 200, 'the S3 store gives no ETag: use another')
  return etag
}

/**
 * Makes the parts the object. False if there is no such upload, because it was completed or aborted, or if a part
 * is not the one that was stored.
 */
export async function completeUpload(
  client: Client,
  object: string,
  id: string,
  pieces: readonly Piece[],
  signal?: AbortSignal,
): Promise<boolean> {
  const parts = pieces.map(({ no, receipt }) =>
    element('Part', [element('PartNumber', `${no}`), element('ETag', receipt)]),
  )
  const body = utf8.encode(element('CompleteMultipartUpload', parts))
  const ask = {
    method: 'POST',
    object,
    query: { uploadId: id },
    body,
    accept: LOST,
    signal,
  } as const
  for (let no = 1; ; no++) {
    const answer = await client.read({ ...ask, patience: PATIENCE })
    if (answer.code !== '') return false
    // The store begins its answer before it knows how it ends (S3 API reference, CompleteMultipartUpload).
    const [error] = elementsOf(text.decode(answer.body), 'Error')
    if (error === undefined) return true
    const code = textOf(error, 'Code') ?? 'UnknownError'
    if (LOST.includes(code)) return false
    if (no >= COMPLETE_TRIES || (code !== 'InternalError' && code !== 'SlowDown'))
      throw new S3Error(code, 200, `S3 did not complete a multipart upload: ${code}`)
    await client.settings.wait(100 * 2 ** no)
  }
}

/** Ends an upload and removes its parts. Absent is fine. */
export async function abortUpload(
  client: Client,
  object: string,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  const accept = [GONE, 'NotFound', 'NoSuchKey']
  await client.read({ method: 'DELETE', object, query: { uploadId: id }, accept, signal })
}

/** Ends all uploads of an object but `kept`. */
export async function abortUploads(
  client: Client,
  object: string,
  signal?: AbortSignal,
  kept?: string,
): Promise<void> {
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { uploads: '', prefix: object, 'max-uploads': '1000' }
    const { body } = await client.read({ method: 'GET', query, signal })
    const xml = text.decode(body)
    const ids = elementsOf(xml, 'Upload')
      .filter((upload) => textOf(upload, 'Key') === object)
      .map((upload) => textOf(upload, 'UploadId') ?? '')
      .filter((id) => id !== kept)
    for (const id of ids) await abortUpload(client, object, id, signal)
    if (ids.length === 0 || textOf(xml, 'IsTruncated') !== 'true') return
  }
}
