/**
 * Mounts: a blob of one repository in another, without its bytes moving (end-11).
 * @module
 */

import { repositoryScope } from '../auth/client/index.ts'
import { type Descriptor, type Digest, OCTET_STREAM, RegistryError, uploadPath } from '../oci/index.ts'
import type { Registry } from '../registry.ts'
import { resolveBlob } from './blobs.ts'
import { type Core, callOf } from './core.ts'
import { discard } from './read.ts'
import { abandon, opened } from './sessions.ts'

/**
 * Mounts from a repository; `null` where the registry does not want to, or has it not. The source is asked before,
 * unless the size of the blob is known: a registry answers a mount that is not possible with an upload session.
 *
 * Without a source nothing is mounted: the registry would look where *this* client may read, whoever it acts for.
 */
export async function mountBlob(
  core: Core,
  repo: string,
  digest: Digest,
  { from, mayRead: _, ...options }: Parameters<Registry['mountBlob']>[2] = {},
): Promise<Descriptor | null> {
  if (from === undefined) return null
  const size = core.sizes.get(digest) ?? (await orNull(resolveBlob(core, from, digest, options)))?.size
  if (size === undefined) return null
  const { nameOf } = core.settings
  const target = nameOf(repo)
  const query = `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(nameOf(from))}`
  const answer = await orNull(
    core.send({
      method: 'POST',
      url: uploadPath(target) + query,
      scopes: [repositoryScope(target, 'pull', 'push'), repositoryScope(nameOf(from), 'pull')],
      repository: target,
      ...callOf(options),
    }),
  )
  if (!answer) return null
  const { response } = answer
  if (response.status === 202) await abandon(core, await opened(core, repo, answer))
  else await discard(response)
  return response.status === 201 ? { mediaType: OCTET_STREAM, digest, size } : null
}

/** What a registry refuses, it does not do: the blob can still be uploaded. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof RegistryError && error.status < 500 && error.status !== 429) return null
    throw error
  }
}
