/**
 * Upload ids of a client: the newest `Location` of the session, the repository that it is in, and how many bytes were
 * known to be stored then.
 * @module
 */

import { RegistryError } from '../oci/index.ts'

/** A session of the registry. */
export interface Session {
  readonly repo: string
  readonly url: URL
  /** Bytes that are known to be stored. */
  readonly offset: number
}

/** The id of a session. */
export function formatUploadId({ repo, url, offset }: Session): string {
  return `${offset} ${repo} ${url.href}`
}

/** The session of an id. @throws RegistryError `BLOB_UPLOAD_UNKNOWN` for any other text, and other repositories. */
export function parseUploadId(repo: string, id: string): Session {
  const match = /^(\d{1,15}) (\S+) (https?:\/\/\S+)$/.exec(id)
  if (!match || match[2] !== repo || !URL.canParse(match[3]!)) throw unknownUpload()
  return { repo, url: new URL(match[3]!), offset: Number(match[1]) }
}

/** There is no such session. */
function unknownUpload(): RegistryError {
  return new RegistryError('BLOB_UPLOAD_UNKNOWN', 'no such upload session: start a new upload')
}
