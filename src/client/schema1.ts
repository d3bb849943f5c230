/**
 * Docker's signed manifests of schema 1: what their digest is of is wrapped into signatures
 * (distribution/manifest/schema1, package libtrust).
 * @module
 */

import { RegistryError } from '../oci/index.ts'

/** Type of the payload. */
export const DOCKER_SCHEMA1 = 'application/vnd.docker.distribution.manifest.v1+json'
/** Type of the payload with its signatures. */
export const DOCKER_SCHEMA1_SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws'

interface Protected {
  readonly formatLength: number
  readonly formatTail: string
}

/**
 * The payload of a signed manifest: its first `formatLength` bytes and the tail, on which all signatures agree. The
 * signatures themselves are not checked: the digest is.
 * @throws RegistryError `MANIFEST_INVALID` for a malformed envelope.
 */
export function unwrapSchema1(bytes: Uint8Array): Uint8Array {
  const { formatLength, formatTail } = agreed(headersOf(bytes))
  const tail = bytesOf(formatTail)
  if (!Number.isSafeInteger(formatLength) || formatLength < 0 || formatLength > bytes.length)
    throw malformed('its formatLength is not one of these bytes')
  const payload = new Uint8Array(formatLength + tail.length)
  payload.set(bytes.subarray(0, formatLength))
  payload.set(tail, formatLength)
  return payload
}

function headersOf(bytes: Uint8Array): Protected[] {
  const { signatures } = object(parse(bytes))
  if (!Array.isArray(signatures) || signatures.length === 0) throw malformed('it has no signatures')
  return signatures.map((each) => {
    const { protected: text } = object(each)
    if (typeof text !== 'string') throw malformed('a signature has no protected header')
    const { formatLength, formatTail } = object(parse(bytesOf(text)))
    if (typeof formatLength !== 'number' || typeof formatTail !== 'string')
      throw malformed('a signature does not say what it is of')
    return { formatLength, formatTail }
  })
}

function agreed(headers: readonly Protected[]): Protected {
  const [first, ...others] = headers
  const isSame = (each: Protected) =>
    each.formatLength === first!.formatLength && each.formatTail === first!.formatTail
  if (!others.every(isSame)) throw malformed('its signatures are of different bytes')
  return first!
}

function bytesOf(base64url: string): Uint8Array {
  try {
    const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  } catch {
    throw malformed('it holds something that is not base64')
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw malformed('it is not JSON')
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  throw malformed('it holds something that is not an object')
}

function malformed(reason: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', `the signed manifest is malformed: ${reason}`, { status: 502 })
}
