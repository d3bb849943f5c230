import type { Certificate } from './certificate.ts'
import { isSignedBy } from './signature.ts'

/**
 * Verifies that a bundle vouches for the first certificate of a chain (RFC 5280 section 6): each is signed by the next
 * (RFC 7515 section 4.1.6), until one is in the bundle or signed by one that is. All of them must be valid now, and
 * those that sign others be authorities. What a certificate may be limited to and is not looked at here, such as names
 * and policies, is refused rather than passed over.
 *
 * @returns When the first of those that were needed ends, in milliseconds; or, as a sentence, what is wrong.
 */
export async function vouched(
  chain: readonly Certificate[],
  bundle: readonly Certificate[],
  now: number,
): Promise<number | string> {
  let until = Number.POSITIVE_INFINITY
  for (const [i, certificate] of chain.entries()) {
    const wrong = faultOf(certificate, i, now)
    if (wrong !== null) return wrong
    until = Math.min(until, certificate.notAfter)
    if (bundle.some(({ id }) => id === certificate.id)) return until
    const anchor = await issuerAmong(bundle, certificate, i + 1, now)
    if (anchor) return Math.min(until, anchor.notAfter)
    const next = chain[i + 1]
    if (!next) return 'no certificate of the bundle vouches for it'
    if (!(await issued(next, certificate))) return 'its certificates do not follow from one another'
  }
  return 'it has no certificate'
}

/** What keeps a certificate from its place: so many others lie below it. */
function faultOf(certificate: Certificate, below: number, now: number): string | null {
  const { notBefore, notAfter, unknown, usage, isAuthority, maxBelow } = certificate
  if (now < notBefore || now > notAfter) return 'a certificate of it is not valid now'
  if (unknown !== null) return `a certificate of it has the extension ${unknown}, which is not supported`
  if (below === 0) return usage?.signs === false ? 'its certificate is not for signatures' : null
  if (!isAuthority || usage?.certifies === false)
    return 'a certificate of it is signed by one that is no authority'
  return below - 1 > maxBelow ? 'its chain of certificates is longer than allowed' : null
}

async function issuerAmong(
  bundle: readonly Certificate[],
  certificate: Certificate,
  below: number,
  now: number,
): Promise<Certificate | null> {
  for (const each of bundle)
    if (faultOf(each, below, now) === null && (await issued(each, certificate))) return each
  return null
}

async function issued(issuer: Certificate, certificate: Certificate): Promise<boolean> {
  return issuer.subject === certificate.issuer && (await isSignedBy(certificate, issuer))
}
