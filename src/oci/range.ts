/**
 * Byte ranges: `Range` of RFC 9110 section 14 for reading blobs, and the upload's own `Content-Range`.
 * @module
 */

import { RegistryError } from './error.ts'

/** What part of a blob is asked for: from a first byte to an inclusive last one or the end, or the last bytes. */
export type ByteRange = { readonly first: number; readonly last?: number } | { readonly suffix: number }

/** A range within content of a known size. */
export interface Span {
  /** The first byte, counted from 0. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
}

/**
 * Reads a `Range` header. Absent, another unit, several ranges or a syntax error give `null`: the whole
 * content is then sent, which RFC 9110 section 14.2 allows for any of them.
 *
 * An inverted range (`500-0`) is kept, so that {@link resolveRange} refuses it.
 */
export function parseRange(header: string | null): ByteRange | null {
  const match = /^bytes=[ \t]*(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))[ \t]*$/i.exec(header ?? '')
  if (!match) return null
  if (match[3] !== undefined) return { suffix: Number(match[3]) }
  const first = Number(match[1])
  return match[2] ? { first, last: Number(match[2]) } : { first }
}

/**
 * Cuts a range to content of `size` bytes.
 * @throws {@link RegistryError} `RANGE_INVALID` with `Content-Range: bytes * /size` when no byte is in it.
 */
export function resolveRange(range: ByteRange, size: number): Span {
  const offset = 'suffix' in range ? Math.max(0, size - range.suffix) : range.first
  const last = 'suffix' in range ? size - 1 : Math.min(range.last ?? size - 1, size - 1)
  if (offset > last) {
    throw new RegistryError('RANGE_INVALID', `the range holds no byte of this blob of ${size} bytes`, {
      headers: { 'content-range': `bytes */${size}` },
    })
  }
  return { offset, length: last - offset + 1 }
}

/** `Content-Range` of a 206 answer. */
export function formatContentRange(span: Span, size: number): string {
  return `bytes ${span.offset}-${span.offset + span.length - 1}/${size}`
}

/**
 * Reads the `Content-Range` of an upload chunk: `first-last`, inclusive, without a unit; a leading `bytes `
 * and a trailing `/total` are accepted. Absent gives `null`: the chunk goes to the end.
 * @throws {@link RegistryError} `BLOB_UPLOAD_INVALID` when it is malformed or inverted.
 */
export function parseUploadRange(header: string | null): Span | null {
  if (header === null) return null
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(header.trim())
  const first = Number(match?.[1])
  const last = Number(match?.[2])
  if (!match || last < first) {
    throw new RegistryError(
      'BLOB_UPLOAD_INVALID',
      'malformed Content-Range: use first-last, both inclusive, for example 0-1023',
      {
        detail: { contentRange: header.slice(0, 100) },
      },
    )
  }
  return { offset: first, length: last - first + 1 }
}

/** `Range` of an upload session: the whole of it, `0-0` while it is empty (docker refuses `0--1`). */
export function formatUploadRange(offset: number): string {
  return `0-${Math.max(0, offset - 1)}`
}
