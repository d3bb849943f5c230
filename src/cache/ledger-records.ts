/**
 * How the entries of a ledger are kept: one record each, so that nothing is rewritten but what was used.
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { type Digest, isContentDigest, isDigest, isName } from '../oci/index.ts'
import type { Kept } from './ledger.ts'

/** All entries. */
export const ENTRIES = 'cache/'

/** The key of an entry: a blob that is kept in two repositories has two. */
export function keyOf({ kind, repo, digest }: Omit<Kept, 'size'>): string {
  const repo32 = bytesToHex(sha256(utf8ToBytes(repo))).slice(0, 32)
  return `${ENTRIES}${kind}/${digest.replace(':', '/')}.${repo32}`
}

/** With a fresh nonce: equal entries must not have equal versions. */
export function encodeEntry({ kind, repo, digest, size }: Kept): Uint8Array {
  const nonce = bytesToHex(crypto.getRandomValues(new Uint8Array(8)))
  return new TextEncoder().encode(JSON.stringify({ nonce, kind, repo, digest, size }))
}

/** `null` for what is no entry. */
export function decodeEntry(value: Uint8Array): Kept | null {
  try {
    const { kind, repo, digest, size } = JSON.parse(new TextDecoder().decode(value)) as Partial<Kept>
    const isKind = kind === 'blob' || kind === 'manifest'
    if (!isKind || !isName(repo ?? '') || !isKeptDigest(digest) || !Number.isSafeInteger(size)) return null
    return { kind, repo: repo!, digest, size: size! }
  } catch {
    return null
  }
}

function isKeptDigest(digest: Digest | undefined): digest is Digest {
  return digest !== undefined && isDigest(digest) && isContentDigest(digest)
}
