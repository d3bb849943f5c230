/**
 * What a Worker and its Durable Objects say to each other: a request for each call of the records contract.
 * @module
 */

import type { Entry } from '../../src/storage/index.ts'

/** Where the version and the time of a record stand in an answer. */
export const VERSION = 'x-version'
export const MODIFIED = 'x-modified'

/** A page of a listing. */
export interface Page {
  readonly entries: readonly WireEntry[]
  /** Whether the page was cut short. */
  readonly more: boolean
}

/** An entry of a listing, with its value in base64 if values were asked for. */
export interface WireEntry {
  readonly key: string
  readonly version?: string
  readonly modified?: number
  readonly value?: string
}

/** An entry as it was sent. */
export function entryOf({ key, version = '', modified = 0, value }: WireEntry): Entry {
  if (value === undefined) return { key }
  const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0))
  return { key, rec: { value: bytes, version, modified } }
}

/** An entry to be sent. */
export function wireEntry({ key, rec }: Entry): WireEntry {
  return rec ? { key, version: rec.version, modified: rec.modified, value: base64(rec.value) } : { key }
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  // More arguments at once would be too many for a call.
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}
