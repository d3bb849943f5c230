import type { Skip } from '../../src/testing/index.ts'

/** What of the contract cannot be spoken over HTTP. */
export const CLIENT: readonly Skip[] = [
  {
    test: 'mounts: without a source from where the caller may read',
    reason: 'mayRead is a function: the registry would look where the client itself may read',
  },
  {
    test: 'mounts: without a source from nowhere else',
    reason: 'the same',
  },
  {
    test: 'calls: an upload belongs to the subject that began it',
    reason: 'who calls is told by credentials, not by the context',
  },
]

export const SOCKET: Skip = {
  test: 'uploads: a chunk of another length at an offset is not kept either',
  reason: 'a client that finds out half-way breaks off, and what came before that is worth keeping',
}

export const TAG_DIGEST: Skip = {
  test: 'manifests: by sha512, with a tag',
  reason: 'without Docker-Content-Digest nobody knows which digest a tag names: sha256 is assumed',
}
