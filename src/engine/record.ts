/**
 * How records are written: JSON that begins with a fresh nonce, so that equal contents never have equal
 * versions (an ETag is a hash of the bytes; without the nonce a stale compare-and-swap would succeed).
 * @module
 */

import { bytesToHex } from '@noble/hashes/utils.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Random hex of so many bytes. */
export function random(bytes: number): string {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(bytes)))
}

/** A record with a fresh nonce. */
export function encode(fields: object): Uint8Array {
  return encoder.encode(JSON.stringify(Object.assign({ nonce: '' }, fields, { nonce: random(8) })))
}

/** The fields of a record. */
export function decode<T>(value: Uint8Array): T {
  return JSON.parse(decoder.decode(value)) as T
}

const NEWLINE = 10

/** A record that is a header line and raw bytes. */
export function encodeFramed(header: object, body: Uint8Array): Uint8Array {
  const line = encode(header)
  const value = new Uint8Array(line.length + 1 + body.length)
  value.set(line)
  value[line.length] = NEWLINE
  value.set(body, line.length + 1)
  return value
}

/** Takes apart what {@link encodeFramed} made. The body is a view of `value`. */
export function decodeFramed<T>(value: Uint8Array): { header: T; body: Uint8Array } {
  const end = value.indexOf(NEWLINE)
  return { header: decode<T>(value.subarray(0, end)), body: value.subarray(end + 1) }
}
