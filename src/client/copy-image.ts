/**
 * An extension of Docker Hub: an image of one repository in another, without its bytes moving.
 * @module
 */

import { repositoryScope } from '../auth/client/index.ts'
import { type Digest, isDigest, RegistryError, type Tag } from '../oci/index.ts'
import type { Client } from './client.ts'
import { discard } from './read.ts'

/** What is copied. */
export interface CopyImage {
  /** The repository to copy from, on the same registry. */
  readonly from: string
  /** Tag or digest there. */
  readonly reference: Digest | Tag
  /** Cancels it. */
  readonly signal?: AbortSignal
}

/**
 * Copies an image within a registry that has the `_docker/copy/image` extension. It is also an example of what
 * {@link Client.request} is for.
 *
 * @param to The repository to copy to.
 * @returns The digest of the copy; `null` if the registry does not tell it.
 * @throws `RegistryError`, with status 404 or 405 where there is no such extension.
 */
export async function copyImage(
  client: Client,
  to: string,
  { from, reference, signal }: CopyImage,
): Promise<Digest | null> {
  const query = new URLSearchParams({ from, reference })
  const response = await client.request(`/v2/${to}/_docker/copy/image?${query}`, {
    method: 'POST',
    scopes: [repositoryScope(to, 'pull', 'push'), repositoryScope(from, 'pull')],
    repository: to,
    ...(signal ? { signal } : {}),
  })
  await discard(response)
  if (response.status !== 201)
    throw new RegistryError('UNKNOWN', `the copy was answered with status ${response.status}`, {
      status: 502,
    })
  const digest = response.headers.get('docker-content-digest')
  return digest !== null && isDigest(digest) ? digest : null
}
