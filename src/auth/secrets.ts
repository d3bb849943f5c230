/**
 * Comparing secrets, and remembering which ones were right.
 * @module
 */

import { utf8ToBytes } from '@noble/hashes/utils.js'
import { digestOf, sha256Text } from '../hash/index.ts'

/** A keyed hash: comparing two of them hides where two secrets differ, and how long they are. */
export type Sealer = (...parts: readonly string[]) => string

/**
 * The key is made when it is needed: Workers give no randomness before the first request. A key of fixed length in
 * front makes a keyed hash of SHA-256 as long as nobody gets to see one: never send it, never keep it.
 */
export function sealer(): Sealer {
  let key: string | undefined
  return (...parts) => {
    key ??= randomText(32)
    return sha256Text(key + JSON.stringify(parts))
  }
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
export function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}

/** Random bytes as base64url. */
export function randomText(bytes: number): string {
  let binary = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** What passwords stood for. They themselves are not kept. */
export interface Verified<T> {
  /** The value, unless it has come to its end. */
  get(...secret: readonly string[]): T | undefined
  /** Remembers it until a time in milliseconds. */
  set(value: T, until: number, ...secret: readonly string[]): void
}

/** Remembers at most `max` of them, the newest; a key that only this process knows seals them. */
export function rememberVerified<T>(now: () => number, max = 1000): Verified<T> {
  const seal = sealer()
  const kept = rememberTokens<T>(now, max)
  return {
    get: (...secret) => kept.get(seal(...secret)),
    set: (value, until, ...secret) => kept.set(value, until, seal(...secret)),
  }
}

/** What tokens stood for, under the tokens themselves. */
export interface RememberedTokens<T> {
  /** The value, unless it has come to its end. */
  get(token: string): T | undefined
  /** Remembers it until a time in milliseconds. */
  set(value: T, until: number, token: string): void
}

/**
 * Remembers at most `max` tokens, the newest, as they are, so that finding one costs no hash: for what nobody can guess
 * piece by piece, and what soon ends by itself. Passwords are for {@link rememberVerified}.
 */
export function rememberTokens<T>(now: () => number, max = 1000): RememberedTokens<T> {
  const kept = new Map<string, { readonly value: T; readonly until: number }>()
  return {
    get(token) {
      const entry = kept.get(token)
      return entry && entry.until > now() ? entry.value : undefined
    },
    set(value, until, token) {
      kept.delete(token)
      kept.set(token, { value, until })
      if (kept.size > max) kept.delete(kept.keys().next().value!)
    },
  }
}

/** `sha256:` and the hash of a text that is itself long and random. */
export async function digestText(text: string): Promise<string> {
  return digestOf('sha256', utf8ToBytes(text))
}
