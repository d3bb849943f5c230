/**
 * A seal around the upload ids of any registry. The id of a client's upload is a URL of the upstream: unsealed
 * it would come back as a request that somebody forged.
 * @module
 */

import { seal, unseal } from '../hash/index.ts'
import { RegistryError } from '../oci/index.ts'
import { type CallOptions, passThrough, type Registry, type Upload } from '../registry.ts'

/**
 * Seals what `inner` gives out, and opens it again for the same repository and subject only.
 * @param keyOf Gives the same key at each call.
 */
export function sealUploads(inner: Registry, keyOf: () => Uint8Array): Registry {
  const close = (repo: string, upload: Upload, options?: CallOptions): Upload => ({
    ...upload,
    id: seal(new TextEncoder().encode(upload.id), purposeOf(repo, options), keyOf()),
  })
  const open = (repo: string, id: string, options?: CallOptions): string => {
    const bytes = unseal(id, purposeOf(repo, options), [keyOf()])
    if (bytes) return new TextDecoder().decode(bytes)
    throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'no such upload session: start a new upload')
  }
  /** An error may carry the session too. */
  const closing = async <T>(repo: string, options: CallOptions | undefined, work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof RegistryError) || !error.upload) throw error
      const { code, message, status, detail, headers, also } = error
      const upload = close(repo, error.upload, options)
      const rest = { ...(headers ? { headers } : {}), ...(also ? { also } : {}) }
      throw new RegistryError(code, message, { status, detail, upload, cause: error, ...rest })
    }
  }
  return passThrough(inner, {
    startUpload: async (repo, options) => close(repo, await inner.startUpload(repo, options), options),
    uploadStatus: async (repo, id, options) =>
      close(
        repo,
        await closing(repo, options, inner.uploadStatus(repo, open(repo, id, options), options)),
        options,
      ),
    writeUpload: async (repo, id, body, options) =>
      close(
        repo,
        await closing(repo, options, inner.writeUpload(repo, open(repo, id, options), body, options)),
        options,
      ),
    finishUpload: async (repo, id, digest, options) =>
      closing(repo, options, inner.finishUpload(repo, open(repo, id, options), digest, options)),
    cancelUpload: async (repo, id, options) =>
      closing(repo, options, inner.cancelUpload(repo, open(repo, id, options), options)),
  })
}

function purposeOf(repo: string, options?: CallOptions): string {
  return `upload\n${repo}\n${options?.context?.subject?.name ?? ''}`
}
