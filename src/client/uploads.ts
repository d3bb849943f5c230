/**
 * Pushing blobs: whole, by session, and by mount.
 * @module
 */

import { orRelease } from '../content.ts'
import { digestOf } from '../hash/index.ts'
import { algorithmOf, type Descriptor, type Digest, OCTET_STREAM, RegistryError } from '../oci/index.ts'
import type { Body, CallOptions, Upload, Writer } from '../registry.ts'
import type { Core } from './core.ts'
import { appendInParts, finishInParts } from './in-parts.ts'
import { mountBlob } from './mount.ts'
import { checkSize } from './outgoing.ts'
import { pushBlob } from './push-blob.ts'
import { append, finish, finishOnce, hasBlob, unlessBusy } from './resume.ts'
import { cancel, open, patch, status, uploadOf } from './sessions.ts'
import { parseUploadId, type Session } from './upload-id.ts'

/** The part of a registry that takes blobs. */
export function uploadsOf(core: Core): Omit<Writer, 'pushManifest'> {
  return {
    pushBlob: (repo, blob, body, options) => pushBlob(core, repo, blob, body, options),
    mountBlob: (repo, digest, options) => mountBlob(core, repo, digest, options),
    startUpload: async (repo, { algorithm, ...options } = {}) =>
      uploadOf(await open(core, repo, algorithm, options)),
    uploadStatus: async (repo, id, options) => uploadOf(await status(core, parseUploadId(repo, id), options)),
    writeUpload: (repo, id, body, options) =>
      orRelease(body, async () => writeUpload(core, parseUploadId(repo, id), body, options)),
    finishUpload: (repo, id, digest, options) =>
      orRelease(options?.body, async () => finishUpload(core, parseUploadId(repo, id), digest, options)),
    async cancelUpload(repo, id, options) {
      const session = parseUploadId(repo, id)
      await unlessBusy(core, () => cancel(core, session, options), options)
    },
  }
}

type Where = CallOptions & { offset?: number; size?: number }

async function writeUpload(
  core: Core,
  session: Session,
  body: Body,
  { offset, size, ...call }: Where = {},
): Promise<Upload> {
  checkSize(body, size)
  if (body instanceof ReadableStream && !core.settings.streams) {
    if (offset !== undefined && !size) await requireOffset(core, session, offset, call)
    return uploadOf(await appendInParts(core, session, { body, offset, size }, call))
  }
  if (offset === undefined) {
    const send = () => patch(core, session, { body, size }, call)
    return uploadOf(await (body instanceof Uint8Array ? unlessBusy(core, send, call) : send()))
  }
  if (body instanceof Uint8Array && body.length > 0)
    return uploadOf(await append(core, session, { bytes: body, offset }, call))
  // A range needs an end: without one the session is asked where it is.
  if (!size) await requireOffset(core, session, offset, call)
  return uploadOf(await patch(core, session, { body, offset, size }, call))
}

async function requireOffset(core: Core, session: Session, offset: number, call: CallOptions): Promise<void> {
  const now = await status(core, session, call)
  if (now.offset === offset) return
  const { id } = uploadOf(now)
  throw new RegistryError('RANGE_INVALID', `the session goes on at byte ${now.offset}`, {
    upload: { id, offset: now.offset },
  })
}

async function finishUpload(
  core: Core,
  session: Session,
  digest: Digest,
  { body, offset, size, ...call }: Where & { body?: Body } = {},
): Promise<Descriptor> {
  if (body) checkSize(body, size)
  let sent = body instanceof Uint8Array ? body.length : 0
  if (body instanceof ReadableStream) {
    if (offset !== undefined && !size) await requireOffset(core, session, offset, call)
    const end = core.settings.streams ? finishOnce : finishInParts
    sent = await end(core, session, digest, { body, offset, size }, call)
  } else {
    const part = body && body.length > 0 ? { bytes: body, offset } : null
    await finish(core, session, digest, part, call)
  }
  if (offset !== undefined) core.sizes.set(digest, offset + sent)
  return {
    mediaType: OCTET_STREAM,
    digest,
    size: await sizeOf(core, session, digest, (offset ?? session.offset) + sent),
  }
}

/** An id of the session's beginning knows of no bytes: unless the blob has none, the registry is asked. */
async function sizeOf(core: Core, { repo }: Session, digest: Digest, known: number): Promise<number> {
  if (known > 0 || digest === (await digestOf(algorithmOf(digest), new Uint8Array()))) return known
  return (await hasBlob(core, repo, digest))?.size ?? known
}
