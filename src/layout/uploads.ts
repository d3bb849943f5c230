/**
 * Uploads in pieces. What is known of one is its file, so that any process can go on with it.
 * @module
 */

import { orRelease } from '../content.ts'
import { createHasher } from '../hash/index.ts'
import { algorithmOf, type Descriptor, type Digest, OCTET_STREAM, RegistryError } from '../oci/index.ts'
import type { Body, CallOptions, Upload, Writer } from '../registry.ts'
import { blobFile, type Core, checkCall, writingOf } from './core.ts'
import type { LayoutUploads } from './files.ts'
import { checkDigest, held } from './write.ts'

const ID = /^[A-Za-z0-9_-]{1,64}$/
/** How many finished uploads are remembered, for who did not get the answer. */
const FINISHED = 1_000

type Sessions = Pick<Writer, 'startUpload' | 'uploadStatus' | 'writeUpload' | 'finishUpload' | 'cancelUpload'>
type Piece = CallOptions & { readonly offset?: number; readonly size?: number }

/** The part of a registry that takes uploads. */
export function sessionsOf(core: Core): Sessions {
  const finished = new Map<string, Descriptor>()
  const busy = new Set<string>()
  /** What is being verified must not change before it is kept. */
  const alone = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
    if (busy.has(id)) throw new RegistryError('RANGE_INVALID', 'another request is at this upload: ask again')
    busy.add(id)
    try {
      return await work()
    } finally {
      busy.delete(id)
    }
  }
  return {
    async startUpload(repo, call) {
      checkCall(core, repo, call)
      return { id: await uploadsOf(core).create(), offset: 0 }
    },
    uploadStatus: (repo, id, call) => statusOf(core, repo, id, call),
    writeUpload: (repo, id, body, options) =>
      orRelease(body, () =>
        alone(id, async () => append(core, await statusOf(core, repo, id, options), body, options)),
      ),
    finishUpload: (repo, id, digest, { body, ...options } = {}) =>
      orRelease(body, () =>
        alone(id, async () => {
          const done = finished.get(id)
          if (done?.digest === digest) {
            if (body instanceof ReadableStream) await body.cancel()
            return done
          }
          const found = await finish(core, await statusOf(core, repo, id, options), digest, body, options)
          if (finished.size >= FINISHED) finished.clear()
          finished.set(id, found)
          return found
        }),
      ),
    cancelUpload: (repo, id, call) =>
      alone(id, async () => {
        await statusOf(core, repo, id, call)
        await uploadsOf(core).drop(id)
      }),
  }
}

function uploadsOf(core: Core): LayoutUploads {
  const { uploads } = writingOf(core)
  if (uploads) return uploads
  throw new RegistryError('UNSUPPORTED', 'this layout takes whole blobs only')
}

async function statusOf(core: Core, repo: string, id: string, call?: CallOptions): Promise<Upload> {
  checkCall(core, repo, call)
  const offset = ID.test(id) ? await uploadsOf(core).size(id) : null
  if (offset !== null) return { id, offset }
  throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'there is no such upload')
}

async function append(
  core: Core,
  at: Upload,
  body: Body,
  { offset, size, ...call }: Piece = {},
): Promise<Upload> {
  if (offset !== undefined && offset !== at.offset) throw elsewhere(at)
  const end = await uploadsOf(core).append(at.id, at.offset, held(body, size), call)
  if (end === null) throw elsewhere({ id: at.id, offset: (await uploadsOf(core).size(at.id)) ?? 0 })
  if (size !== undefined && end - at.offset !== size) {
    await uploadsOf(core).cut(at.id, at.offset)
    throw new RegistryError('SIZE_INVALID', `the chunk has ${end - at.offset} bytes, not ${size}`)
  }
  return { id: at.id, offset: end }
}

function elsewhere(upload: Upload): RegistryError {
  return new RegistryError('RANGE_INVALID', `the upload has ${upload.offset} bytes: go on there`, { upload })
}

async function finish(
  core: Core,
  at: Upload,
  digest: Digest,
  body: Body | undefined,
  options: Piece,
): Promise<Descriptor> {
  const path = blobFile(digest)
  const uploads = uploadsOf(core)
  const { id, offset: size } = await append(core, at, body ?? new Uint8Array(), options)
  const hasher = createHasher(algorithmOf(digest))
  try {
    for await (const chunk of uploads.open(id, size, options)) await hasher.update(chunk)
    checkDigest(digest, await hasher.digest())
  } catch (error) {
    await uploads.cut(id, at.offset)
    throw error
  }
  await uploads.keep(id, path)
  return { mediaType: OCTET_STREAM, digest, size }
}
