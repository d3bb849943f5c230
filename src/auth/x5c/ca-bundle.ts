import { importSPKI, type JWTVerifyGetKey } from 'jose'
import { rememberVerified } from '../secrets.ts'
import { invalid } from '../tokens/claims.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { vouched } from './chain.ts'
import { DerError } from './der.ts'

/** A key that a chain has brought. */
type FoundKey = Awaited<ReturnType<typeof importSPKI>>

/** Longer chains are refused before they are looked at. */
const MAX_CHAIN = 8

/**
 * The keys of tokens that bring their certificate: `keys` of `bearer()`. A token is taken if its first certificate is in
 * the bundle, or the others lead from it to one that is. All of them must be valid at that time; those that sign others
 * must be authorities for which the way is not too long; extensions that are critical and not known here, and limits on
 * names, are refused. Signatures are RSA (PKCS #1 v1.5, 2048 bits and more), ECDSA or Ed25519, with SHA-2. Whether a
 * certificate was revoked is not asked: keep them short-lived, or take their authority out of the bundle.
 *
 * Whoever has a certificate of an authority in the bundle can make tokens: it must be one that certifies token services
 * and nobody else, as none of those for web servers does.
 *
 * @param pem Certificates of authorities, or of those who sign tokens themselves, as PEM (RFC 7468); text around them is
 * passed over.
 * @param now The clock, in milliseconds (`Date.now`).
 * @throws TypeError for a text without a certificate, or with one that cannot be read.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { bearer } from 'ocikit/auth/tokens'
 * import { caBundle } from 'ocikit/auth/x5c'
 *
 * export const authFrom = async (file: string) =>
 *   bearer({
 *     realm: 'https://auth.example/token',
 *     service: 'registry.example',
 *     issuer: 'auth.example',
 *     keys: caBundle(await readFile(file, 'utf8')),
 *   })
 * ```
 */
export function caBundle(pem: string, now: () => number = Date.now): JWTVerifyGetKey {
  const bundle = readBundle(pem)
  const found = rememberVerified<FoundKey>(now)
  return async ({ alg = '', x5c }) => {
    if (!isChain(x5c)) throw invalid('it brings no certificate')
    const known = found.get(alg, ...x5c)
    if (known) return known
    const chain = x5c.map(certificateOf)
    const until = await vouched(chain, bundle, now())
    if (typeof until === 'string') throw invalid(until)
    const key = await keyOf(chain[0]!, alg)
    found.set(key, until, alg, ...x5c)
    return key
  }
}

function readBundle(pem: string): Certificate[] {
  const blocks = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g)]
  if (blocks.length === 0) throw new TypeError('a bundle needs a certificate as PEM: it has none')
  return blocks.map(([, base64 = ''], i) => {
    try {
      return readCertificate(decoded(base64.replace(/\s/g, '')))
    } catch (error) {
      if (!(error instanceof DerError)) throw error
      throw new TypeError(`certificate ${i + 1} of the bundle cannot be read: ${error.message}`)
    }
  })
}

function isChain(x5c: unknown): x5c is string[] {
  if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > MAX_CHAIN) return false
  return x5c.every((each) => typeof each === 'string')
}

function certificateOf(base64: string): Certificate {
  try {
    return readCertificate(decoded(base64))
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw invalid('a certificate of it cannot be read')
  }
}

/** Padded base64, not base64url (RFC 7515 section 4.1.6). */
function decoded(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    throw new DerError('it is not base64')
  }
}

async function keyOf({ publicKey }: Certificate, alg: string): Promise<FoundKey> {
  const base64 = btoa(String.fromCharCode(...publicKey))
  try {
    return await importSPKI(`-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----`, alg)
  } catch {
    throw invalid('the key of its certificate is not one for its algorithm')
  }
}
