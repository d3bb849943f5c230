/**
 * Writing blobs to several registries at once.
 * @module
 */

import { orRelease } from '../content.ts'
import { RegistryError } from '../oci/index.ts'
import type { Body, Registry, Upload, Writer } from '../registry.ts'
import { fanOut } from './fan-out.ts'
import { changeAll } from './unify-calls.ts'

/** Uploads whose sessions are those of all registries. One registry alone is itself. */
export function unifiedUploads(registries: readonly Registry[]): Omit<Writer, 'pushManifest'> {
  const all = <T>(change: (registry: Registry, at: number) => Promise<T>) => changeAll(registries, change)
  return {
    async pushBlob(repo, blob, body, options) {
      const bodies = split(body, registries.length)
      const push = (registry: Registry, at: number) =>
        orRelease(bodies[at], () => registry.pushBlob(repo, blob, bodies[at]!, options))
      return (await all(push))[0]!
    },
    async mountBlob(repo, digest, options) {
      const source = options?.mayRead ? { ...options, mayRead: once(options.mayRead) } : options
      const mounted = await all((registry) => registry.mountBlob(repo, digest, source))
      return mounted.includes(null) ? null : mounted[0]!
    },
    startUpload: async (repo, options) =>
      joined(await all((registry) => registry.startUpload(repo, options))),
    async uploadStatus(repo, id, options) {
      const ids = idsIn(id, registries.length)
      return joined(await all((registry, at) => registry.uploadStatus(repo, ids[at]!, options)))
    },
    writeUpload: (repo, id, body, options) =>
      orRelease(body, async () => {
        const ids = idsIn(id, registries.length)
        const bodies = split(body, registries.length)
        const write = (registry: Registry, at: number) =>
          orRelease(bodies[at], () => registry.writeUpload(repo, ids[at]!, bodies[at]!, options))
        return joined(await settled(all(write), ids))
      }),
    finishUpload: (repo, id, digest, options) =>
      orRelease(options?.body, async () => {
        const ids = idsIn(id, registries.length)
        const bodies = options?.body ? split(options.body, registries.length) : []
        const finish = (registry: Registry, at: number) => {
          const body = bodies[at]
          const given = { ...options, ...(body ? { body } : {}) }
          return orRelease(body, () => registry.finishUpload(repo, ids[at]!, digest, given))
        }
        return (await settled(all(finish), ids))[0]!
      }),
    async cancelUpload(repo, id, options) {
      const ids = idsIn(id, registries.length)
      await all((registry, at) => registry.cancelUpload(repo, ids[at]!, options))
    },
  }
}

/** Asks once for each name, however many registries want to know. */
function once(
  ask: (name: string) => boolean | Promise<boolean>,
): (name: string) => boolean | Promise<boolean> {
  const asked = new Map<string, boolean | Promise<boolean>>()
  return (name) => {
    const answer = asked.get(name) ?? ask(name)
    asked.set(name, answer)
    return answer
  }
}

function split(body: Body, count: number): Body[] {
  if (body instanceof Uint8Array || count === 1) return Array.from({ length: count }, () => body)
  return fanOut(body, count)
}

/** The session of one of them comes with its error: here it is that of all, if all are there. */
async function settled<T>(work: Promise<T>, ids: readonly string[]): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof RegistryError) || !error.upload) throw error
    const { code, message, status, detail, headers, upload } = error
    throw new RegistryError(code, message, {
      status,
      upload: { id: joinIds(ids), offset: upload.offset },
      ...(detail === undefined ? {} : { detail }),
      ...(headers === undefined ? {} : { headers }),
      cause: error,
    })
  }
}

/** One session of several, which have to be equally far. */
function joined(uploads: readonly Upload[]): Upload {
  const [{ offset }] = uploads as [Upload]
  if (uploads.some((upload) => upload.offset !== offset))
    throw new RegistryError(
      'BLOB_UPLOAD_INVALID',
      'the registries are not equally far: begin the upload anew',
      {
        detail: { offsets: uploads.map((upload) => upload.offset) },
      },
    )
  const least = uploads.flatMap(({ minChunk }) => minChunk ?? [])
  const most = uploads.flatMap(({ maxChunk }) => maxChunk ?? [])
  return {
    id: joinIds(uploads.map(({ id }) => id)),
    offset,
    ...(least.length === 0 ? {} : { minChunk: Math.max(...least) }),
    ...(most.length === 0 ? {} : { maxChunk: Math.min(...most) }),
  }
}

function joinIds(ids: readonly string[]): string {
  return ids.length === 1 ? ids[0]! : JSON.stringify(ids)
}

/** @throws RegistryError `BLOB_UPLOAD_UNKNOWN` for what is not made of so many ids. */
function idsIn(id: string, count: number): string[] {
  if (count === 1) return [id]
  try {
    const ids: unknown = JSON.parse(id)
    if (Array.isArray(ids) && ids.length === count && ids.every((each) => typeof each === 'string'))
      return ids
  } catch {
    // Told below.
  }
  throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'no such upload session: start a new upload')
}
