import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose'
import type { Subject } from '../../registry.ts'
import type { Auth } from '../contract.ts'
import { bearerOf, OtherScheme } from '../credentials.ts'
import { limitedTo } from '../grant.ts'
import { bearerChallenge } from './challenge.ts'
import { accessIn, grantOfToken, tokenTaker } from './claims.ts'

/** Whose tokens are taken, and where clients get them. */
export interface BearerOptions {
  /** Where clients get a token: the URL of the token service. */
  realm: string
  /** What the tokens are for: their `aud`, and `service` in the challenge. */
  service: string
  /** Who makes them: their `iss`. */
  issuer: string
  /**
   * The public keys: a set, where it is (RFC 7517), or what finds the key of a token by its header, as `caBundle()` of
   * `ocikit/auth/x5c`. A key in a token itself counts for nothing.
   */
  keys: JSONWebKeySet | URL | JWTVerifyGetKey
  /** What tokens may be signed with (`ES256`, `RS256`, `EdDSA`). */
  algorithms?: readonly string[]
  /** By how much clocks may differ, in seconds (60). */
  leeway?: number
  /** How long an upload may go on after the token that began it has expired, in seconds (86400). */
  uploadGrace?: number
  /** Who is meant by a token whose signature is right (the name is `sub`). Not asked again while it is remembered. */
  subject?: (claims: JWTPayload) => Subject
  /** Gets the keys (`fetch`). */
  fetch?: typeof fetch
  /** The clock, in milliseconds (`Date.now`). */
  now?: () => number
}

const STANDARD = ['ES256', 'RS256', 'EdDSA']

/**
 * Tokens of a token service elsewhere: the registry believes the `access` claim of what it has signed. Whoever has no
 * token, or one that grants too little, is sent there.
 *
 * @throws TypeError for an algorithm whose key both makes and checks tokens.
 */
export function bearer(options: BearerOptions): Auth {
  const { realm, service, issuer, now = Date.now, leeway = 60, uploadGrace = 86_400 } = options
  const algorithms = checkAlgorithms(options.algorithms ?? STANDARD)
  const key = keysOf(options.keys, options.fetch)
  const subjectOf = options.subject ?? ((claims: JWTPayload): Subject => ({ name: claims.sub ?? '' }))
  const taken = tokenTaker({
    key,
    issuer,
    audience: service,
    algorithms,
    requiredClaims: [],
    leeway,
    uploadGrace,
    now,
    meaning: (claims, expired) => limitedTo(subjectOf(claims), grantOfToken(accessIn(claims), { expired })),
  })
  return {
    async authenticate(request, facts) {
      if (!request.headers.get('authorization')?.trim()) return null
      const token = bearerOf(request)
      if (token === null) throw new OtherScheme('this registry takes tokens only: log in to get one')
      return taken.take(token, facts)
    },
    authorize: (_access, { subject }) => (subject === null ? 'deny' : 'allow'),
    challenge: (_realm, accesses, facts) => bearerChallenge(realm, service, accesses, facts?.error),
  }
}

/** Keys of a set at hand, of one elsewhere that is asked for again now and then, or of one's own. */
export function keysOf(keys: BearerOptions['keys'], fetcher?: typeof fetch): JWTVerifyGetKey {
  if (typeof keys === 'function') return keys
  if (!(keys instanceof URL)) return createLocalJWKSet(keys)
  return createRemoteJWKSet(keys, fetcher ? { [customFetch]: (url, init) => fetcher(url, init) } : {})
}

/** @throws TypeError for `none` and for what is symmetric: a public key would do to forge. */
export function checkAlgorithms(algorithms: readonly string[]): string[] {
  const wrong = algorithms.find((each) => !/^(?:ES|RS|PS)(?:256|384|512)$|^Ed(?:DSA|25519)$/.test(each))
  if (wrong !== undefined || algorithms.length === 0)
    throw new TypeError('algorithms must be among ES256, ES384, ES512, RS256, PS256, EdDSA and their kin')
  return [...algorithms]
}
