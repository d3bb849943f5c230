import type { Certificate } from './certificate.ts'
import { DerError, elementIn, oidOf, partsOf, TAG } from './der.ts'

/** How the signature of a certificate is checked, by the identifier of its algorithm (RFC 3279, 5758, 8410). */
const ALGORITHMS: Readonly<Record<string, { readonly name: string; readonly hash?: string }>> = {
  '1.2.840.113549.1.1.11': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  '1.2.840.113549.1.1.12': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
  '1.2.840.113549.1.1.13': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  '1.2.840.10045.4.3.2': { name: 'ECDSA', hash: 'SHA-256' },
  '1.2.840.10045.4.3.3': { name: 'ECDSA', hash: 'SHA-384' },
  '1.2.840.10045.4.3.4': { name: 'ECDSA', hash: 'SHA-512' },
  '1.3.101.112': { name: 'Ed25519' },
}

/** Curves by their identifiers, with the bytes of a number on them. */
const CURVES: Readonly<Record<string, { readonly namedCurve: string; readonly size: number }>> = {
  '1.2.840.10045.3.1.7': { namedCurve: 'P-256', size: 32 },
  '1.3.132.0.34': { namedCurve: 'P-384', size: 48 },
  '1.3.132.0.35': { namedCurve: 'P-521', size: 66 },
}

/** Shorter RSA keys can be broken. */
const MIN_RSA = 2048

/** Whether the key of `issuer` has signed `certificate`. What the runtime cannot check counts as not signed. */
export async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const algorithm = Object.hasOwn(ALGORITHMS, certificate.algorithm)
    ? ALGORITHMS[certificate.algorithm]
    : undefined
  if (!algorithm) return false
  try {
    const curve = algorithm.name === 'ECDSA' ? curveOf(issuer.publicKey) : undefined
    const how = { ...algorithm, ...(curve && { namedCurve: curve.namedCurve }) }
    const key = await crypto.subtle.importKey('spki', copyOf(issuer.publicKey), how, false, ['verify'])
    if (((key.algorithm as { modulusLength?: number }).modulusLength ?? MIN_RSA) < MIN_RSA) return false
    const signature = curve ? plainOf(certificate.signature, curve.size) : certificate.signature
    return await crypto.subtle.verify(how, key, copyOf(signature), copyOf(certificate.signed))
  } catch {
    return false
  }
}

function curveOf(publicKey: Uint8Array): (typeof CURVES)[string] {
  const [algorithm] = partsOf(elementIn(publicKey, TAG.SEQUENCE))
  const [, curve] = partsOf(algorithm)
  const found = CURVES[oidOf(curve)]
  if (!found) throw new DerError('its curve is unknown')
  return found
}

/** A certificate holds two numbers as DER (RFC 3279 section 2.2.3), WebCrypto takes them side by side. */
function plainOf(signature: Uint8Array, size: number): Uint8Array {
  const numbers = partsOf(elementIn(signature, TAG.SEQUENCE))
  const plain = new Uint8Array(2 * size)
  if (numbers.length !== 2) throw new DerError('a signature has two numbers')
  numbers.forEach(({ tag, content }, i) => {
    const bytes = content[0] === 0 ? content.subarray(1) : content
    const isNegative = (content[0] ?? 0x80) >= 0x80
    if (tag !== TAG.INTEGER || isNegative || bytes.length > size)
      throw new DerError('a number of a signature is none, or too large')
    plain.set(bytes, (i + 1) * size - bytes.length)
  })
  return plain
}

/** WebCrypto takes bytes of memory that nobody shares. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
