/**
 * A manifest from the upstream: verified, kept, and given to whoever waits for it.
 * @module
 */

import { digestOf } from '../hash/index.ts'
import {
  algorithmOf,
  type Digest,
  isContentDigest,
  isDigestReference,
  RegistryError,
  type Tag,
} from '../oci/index.ts'
import type { Context, Manifest } from '../registry.ts'
import { isWrongBytes } from './failures.ts'
import { type Core, detached, settled } from './options.ts'

/** Fetches a manifest, verifies it, and keeps it if that is possible. */
export async function fetchManifest(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  context: Context | undefined,
  tag: Tag | undefined,
): Promise<Manifest> {
  const manifest = await detached(core, context, (call) => core.upstream.getManifest(repo, reference, call))
  const { digest } = manifest.descriptor
  const isOther = isDigestReference(reference) && reference !== digest
  if (isOther || !isContentDigest(digest) || (await digestOf(algorithmOf(digest), manifest.bytes)) !== digest)
    throw new RegistryError(
      'DIGEST_INVALID',
      'the registry that is cached here sent another manifest than that of this digest',
      { status: 502, detail: { expected: reference } },
    )
  await keepManifest(core, repo, manifest, context, tag)
  return manifest
}

/** A manifest that cannot be kept can be served all the same. */
export async function keepManifest(
  core: Core,
  repo: string,
  { descriptor, bytes }: Manifest,
  context: Context | undefined,
  tag: Tag | undefined,
): Promise<void> {
  const { digest, mediaType, size } = descriptor
  const what = { kind: 'manifest', repo, digest, size } as const
  try {
    await core.ledger.keep(what, async () => {
      const tags = tag === undefined ? [] : [tag]
      await core.store.pushManifest(repo, bytes, mediaType, { ...settled(context), digest, tags })
    })
  } catch (error) {
    if (isWrongBytes(error)) throw error
    core.onError(error)
  }
}
