/**
 * What the headers of a registry's answers say.
 * @module
 */

import { type Digest, isDigest } from '../oci/index.ts'

/** `Content-Length` of an answer; `null` when it is absent, or that of something compressed. */
export function lengthOf(headers: Headers): number | null {
  const text = headers.get('content-length')
  const encoding = headers.get('content-encoding')
  if (text === null || !/^\d{1,15}$/.test(text) || (encoding !== null && encoding !== 'identity')) return null
  return Number(text)
}

/** `Content-Range` of a 206 or a 416; parts that are not told are `null`. */
export function contentRangeOf(headers: Headers): { first: number | null; total: number | null } {
  const text = headers.get('content-range') ?? ''
  const match = /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(?:(\d{1,15})|\*)$/.exec(text.trim())
  return {
    first: match?.[1] === undefined ? null : Number(match[1]),
    total: match?.[2] === undefined ? null : Number(match[2]),
  }
}

/** The last byte of an upload session, as its `Range` says: `0-41`. `null` when it does not say. */
export function lastStored(headers: Headers): number | null {
  const match = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get('range')?.trim() ?? '')
  return match ? Number(match[1]) : null
}

/** `Docker-Content-Digest`, if it is one. */
export function digestIn(headers: Headers): Digest | null {
  const text = headers.get('docker-content-digest')
  return text !== null && isDigest(text) ? text : null
}

/** A number in a header, above 0. */
export function countIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name)
  return text !== null && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
}

/** How long `Retry-After` asks to wait, in milliseconds: seconds or a date (RFC 9110 section 10.2.3). */
export function retryAfter(headers: Headers, now: number): number | null {
  const text = headers.get('retry-after')?.trim()
  if (!text) return null
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

/** All warnings of an answer are at most so long together (distribution-spec, "Warnings"). */
const MAX_WARNINGS = 4096

/** Texts of the `Warning` headers with code 299, unescaped. Other codes say nothing about registries. */
export function warningsIn(headers: Headers): string[] {
  const text = (headers.get('warning') ?? '').slice(0, MAX_WARNINGS)
  return [...text.matchAll(/(?:^|,)\s*299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) =>
    match[1]!.replace(/\\(.)/g, '$1'),
  )
}
