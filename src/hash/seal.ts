/**
 * Sealed values: text that goes out to a client and must come back unchanged.
 * @module
 */

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { nativeHmac } from './native.ts'

/** Bytes of a seal: forging one takes 2^128 tries. */
const SEAL = 16

/** `body` with a seal over it and over `purpose`, as base64url without padding (RFC 4648 section 5). */
export function seal(body: Uint8Array, purpose: string, key: Uint8Array): string {
  return base64url(concatBytes(mac(body, purpose, key), body))
}

function base64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The body of a sealed text; `null` unless it was sealed for this purpose with one of `keys`. */
export function unseal(text: string, purpose: string, keys: readonly Uint8Array[]): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return null
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  // One text for each value: the spare bits of the last character are 0.
  if (base64url(bytes) !== text) return null
  const body = bytes.subarray(SEAL)
  const isSealed = keys.some((key) => equalBytes(mac(body, purpose, key), bytes.subarray(0, SEAL)))
  return isSealed ? body : null
}

/** Whether two byte strings are equal, in a time that does not tell where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0)
  return difference === 0
}

function mac(body: Uint8Array, purpose: string, key: Uint8Array): Uint8Array {
  const bytes = concatBytes(utf8ToBytes(`${purpose}\n`), body)
  return hmacSha256(key, bytes).subarray(0, SEAL)
}

/** HMAC-SHA-256 (RFC 2104), by the runtime where it can at once. */
function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return nativeHmac(key, bytes) ?? hmac(sha256, key, bytes)
}
