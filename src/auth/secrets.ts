/**
 * Comparing secrets, and remembering which ones were right.
 * @module
 */

import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { digestOf, equalBytes, hmacSha256 } from '../hash/index.ts'

/** A keyed hash: comparing two of them hides where two secrets differ, and how long they are. */
export type Sealer = (...parts: readonly string[]) => Uint8Array

/** The key is made when it is needed: Workers give no randomness before the first request. */
export function sealer(): Sealer {
  let key: Uint8Array | undefined
  return (...parts) => {
    key ??= crypto.getRandomValues(new Uint8Array(32))
    return hmacSha256(key, utf8ToBytes(JSON.stringify(parts)))
  }
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
export function sameText(a: string, b: string): boolean {
  return equalBytes(utf8ToBytes(a), utf8ToBytes(b))
}

/** Random bytes as base64url. */
export function randomText(bytes: number): string {
  let binary = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** What credentials stood for. They themselves are not kept. */
export interface Verified<T> {
  /** The value, unless it has come to its end. */
  get(...secret: readonly string[]): T | undefined
  /** Remembers it until a time in milliseconds. */
  set(value: T, until: number, ...secret: readonly string[]): void
}

/** Remembers at most `max` of them, the newest; a key that only this process knows seals them. */
export function rememberVerified<T>(now: () => number, max = 1000): Verified<T> {
  const seal = sealer()
  const kept = new Map<string, { readonly value: T; readonly until: number }>()
  const keyOf = (secret: readonly string[]): string => bytesToHex(seal(...secret))
  return {
    get(...secret) {
      const entry = kept.get(keyOf(secret))
      return entry && entry.until > now() ? entry.value : undefined
    },
    set(value, until, ...secret) {
      const key = keyOf(secret)
      kept.delete(key)
      kept.set(key, { value, until })
      if (kept.size > max) kept.delete(kept.keys().next().value!)
    },
  }
}

/** `sha256:` and the hash of a text that is itself long and random. */
export async function digestText(text: string): Promise<string> {
  return digestOf('sha256', utf8ToBytes(text))
}
