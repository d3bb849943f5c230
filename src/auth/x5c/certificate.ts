/**
 * What a certificate says (RFC 5280 section 4.1). Nothing of it has been verified.
 * @module
 */

import { bytesToHex } from '@noble/hashes/utils.js'
import { DerError, type Element, elementIn, expectTag, oidOf, partsOf, TAG, wholeBits } from './der.ts'

/** A certificate, taken apart. */
export interface Certificate {
  /** All of it, to compare. */
  readonly id: string
  /** What is signed. */
  readonly signed: Uint8Array
  /** The identifier of the algorithm. */
  readonly algorithm: string
  readonly signature: Uint8Array
  /** Names as their bytes in hex: only what is spelled alike is the same. */
  readonly issuer: string
  readonly subject: string
  /** Milliseconds since 1970; both ends are within. */
  readonly notBefore: number
  readonly notAfter: number
  /** `SubjectPublicKeyInfo`. */
  readonly publicKey: Uint8Array
  /** It may certify others. */
  readonly isAuthority: boolean
  /** So many authorities may stand between it and the last certificate; infinite without a limit. */
  readonly maxBelow: number
  /** What the key may be used for; `null` for anything. */
  readonly usage: { readonly signs: boolean; readonly certifies: boolean } | null
  /** The first extension that limits it in a way that is not looked at here; `null` if there is none. */
  readonly unknown: string | null
}

const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE = '2.5.29.15'
/** Which names an authority may certify: it counts, critical or not. */
const NAME_CONSTRAINTS = '2.5.29.30'

/** Reads a certificate. @throws DerError for what is none. */
export function readCertificate(bytes: Uint8Array): Certificate {
  const whole = elementIn(bytes, TAG.SEQUENCE)
  const [signed, algorithm, signature, ...more] = partsOf(whole)
  const fields = partsOf(signed)
  const version = fields[0]?.tag === 0xa0 ? versionIn(fields.shift()!) : 1
  const [serial, inner, issuer, validity, subject, publicKey, ...rest] = fields
  expectTag(serial, TAG.INTEGER)
  if (more.length > 0 || algorithm === undefined || !sameBytes(inner, algorithm))
    throw new DerError('the algorithm within is not the one beside')
  const [notBefore, notAfter] = partsOf(validity).map(timeOf)
  if (notBefore === undefined || notAfter === undefined) throw new DerError('a date is missing')
  return {
    id: bytesToHex(whole.raw),
    signed: signed!.raw,
    algorithm: oidOf(partsOf(algorithm)[0]),
    signature: wholeBits(signature),
    issuer: bytesToHex(expectTag(issuer, TAG.SEQUENCE).raw),
    subject: bytesToHex(expectTag(subject, TAG.SEQUENCE).raw),
    notBefore,
    notAfter,
    publicKey: expectTag(publicKey, TAG.SEQUENCE).raw,
    ...limitsIn(extensionsIn(rest, version)),
  }
}

function versionIn(element: Element): number {
  const { content } = elementIn(element.content, TAG.INTEGER)
  const version = (content[0] ?? 0) + 1
  if (content.length !== 1 || version < 2 || version > 3) throw new DerError('its version is unknown')
  return version
}

function sameBytes(a: Element | undefined, b: Element): boolean {
  return a !== undefined && bytesToHex(a.raw) === bytesToHex(b.raw)
}

/** RFC 5280 section 4.1.2.5: in UTC and with seconds, nothing else. */
function timeOf(element: Element): number {
  const text = new TextDecoder().decode(element.content)
  const short = element.tag === TAG.UTC_TIME
  if (!short) expectTag(element, TAG.GENERALIZED_TIME)
  const [, year = '', ...rest] = (short ? SHORT : LONG).exec(text) ?? []
  const century = short ? (Number(year) < 50 ? '20' : '19') : ''
  const [month, day, hour, minute, second] = rest
  const date = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const time = Date.parse(date)
  if (Number.isNaN(time) || new Date(time).toISOString() !== date) throw new DerError('a date is none')
  return time
}

const SHORT = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
const LONG = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

interface Extension {
  readonly critical: boolean
  readonly value: Uint8Array
}

/** The extensions by their identifiers. The two fields before them say nothing that matters. */
function extensionsIn(rest: readonly Element[], version: number): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>()
  const last = rest.at(-1)
  const has = last?.tag === 0xa3
  const ids = has ? rest.slice(0, -1) : rest
  if (ids.some(({ tag }) => tag !== 0x81 && tag !== 0x82) || (has && version < 3))
    throw new DerError('it has a field that is unknown')
  if (!has) return found
  for (const each of partsOf(elementIn(last.content, TAG.SEQUENCE))) {
    const [id, ...parts] = partsOf(each)
    const critical = parts[0]?.tag === TAG.BOOLEAN ? truth(parts.shift()!) : false
    const name = oidOf(id)
    if (found.has(name) || parts.length !== 1) throw new DerError('an extension comes twice, or is none')
    found.set(name, { critical, value: expectTag(parts[0], TAG.OCTET_STRING).content })
  }
  return found
}

function truth({ content }: Element): boolean {
  if (content.length !== 1 || (content[0] !== 0xff && content[0] !== 0))
    throw new DerError('neither true nor false')
  return content[0] === 0xff
}

function limitsIn(
  extensions: ReadonlyMap<string, Extension>,
): Pick<Certificate, 'isAuthority' | 'maxBelow' | 'usage' | 'unknown'> {
  const known = [BASIC_CONSTRAINTS, KEY_USAGE]
  const unknown = [...extensions].find(
    ([id, { critical }]) => !known.includes(id) && (critical || id === NAME_CONSTRAINTS),
  )
  return {
    ...authorityIn(extensions.get(BASIC_CONSTRAINTS)),
    usage: usageIn(extensions.get(KEY_USAGE)),
    unknown: unknown?.[0] ?? null,
  }
}

function authorityIn(extension: Extension | undefined): { isAuthority: boolean; maxBelow: number } {
  const parts = extension ? partsOf(elementIn(extension.value, TAG.SEQUENCE)) : []
  const isAuthority = parts[0]?.tag === TAG.BOOLEAN ? truth(parts.shift()!) : false
  const [limit, ...more] = parts
  if (more.length > 0) throw new DerError('a limit is followed by something')
  if (!limit) return { isAuthority, maxBelow: Number.POSITIVE_INFINITY }
  const [byte = 0x80, ...bytes] = expectTag(limit, TAG.INTEGER).content
  if (byte >= 0x80 || bytes.length > 0) throw new DerError('a limit is no small number')
  return { isAuthority, maxBelow: byte }
}

/** RFC 5280 section 4.2.1.3: the first bit is digitalSignature, the sixth keyCertSign. */
function usageIn(extension: Extension | undefined): Certificate['usage'] {
  if (!extension) return null
  const { content } = elementIn(extension.value, TAG.BIT_STRING)
  const bits = content[1] ?? 0
  return { signs: (bits & 0x80) !== 0, certifies: (bits & 0x04) !== 0 }
}
