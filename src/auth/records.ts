/**
 * What authentication keeps in a storage, all of it under `auth/`: a storage's `records` fit.
 * @module
 */

import { bytesToHex } from '@noble/hashes/utils.js'

/** The part of a storage's records that is used. */
export interface AuthRecords {
  /** The value, or `null` if the key is absent. */
  get(key: string): Promise<{ readonly value: Uint8Array; readonly version: string } | null>
  /** Creates the key and returns its version, or `null` if it exists. */
  create(key: string, value: Uint8Array): Promise<string | null>
  /** Writes; with `version` only if that is still the current one, else `null`. */
  put(key: string, value: Uint8Array, options?: { version?: string }): Promise<string | null>
  /** Removes keys; absent ones are fine. */
  drop(keys: readonly string[]): Promise<void>
  /** Keys under a prefix, with their values if asked for. */
  list(
    prefix: string,
    options?: { values?: boolean },
  ): AsyncIterable<{ readonly key: string; readonly rec?: { readonly value: Uint8Array } }>
}

/** JSON that begins with a fresh nonce: equal contents never have equal versions. */
export function encodeRecord(fields: object): Uint8Array {
  const nonce = bytesToHex(crypto.getRandomValues(new Uint8Array(8)))
  return new TextEncoder().encode(JSON.stringify({ nonce, ...fields }))
}

/** The fields of a record. */
export function decodeRecord<T>(value: Uint8Array): T {
  const { nonce: _, ...fields } = JSON.parse(new TextDecoder().decode(value)) as { nonce: string }
  return fields as T
}
