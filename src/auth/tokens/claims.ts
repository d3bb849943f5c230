/**
 * Tokens as JWT (RFC 7519) with the `access` claim of distribution's token specification.
 * @module
 */

import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose'
import { RegistryError } from '../../oci/index.ts'
import type { Context } from '../../registry.ts'
import type { Access, RequestFacts } from '../contract.ts'
import type { Grant } from '../grant.ts'
import { rememberTokens } from '../secrets.ts'

/** What a token grants on one resource. */
export interface Granted {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** Longer tokens are refused before they are looked at: servers take no longer headers. */
export const MAX_TOKEN = 8192

/** A token whose signature is right, and whose claims are as they must be. */
interface VerifiedToken {
  readonly claims: JWTPayload & { readonly exp: number }
  /** It ended less than the grace ago. */
  readonly expired: boolean
}

/** A token that may be remembered. */
interface LastingToken extends VerifiedToken {
  /** Whether its key is still what it was: one that was taken back ends its tokens. */
  isTrusted(): Promise<boolean>
}

/**
 * Verifies a token.
 * @param grace Seconds for which one that has expired is still given back, and called so.
 * @throws RegistryError `UNAUTHORIZED` that says why, or `UNAVAILABLE` if the keys cannot be had now.
 */
async function verifyToken(
  token: string,
  key: JWTVerifyGetKey,
  options: JWTVerifyOptions & { readonly currentDate: Date },
  grace = 0,
): Promise<VerifiedToken | LastingToken> {
  if (token.length > MAX_TOKEN) throw invalid('it is too long')
  const requiredClaims = ['exp', ...(options.requiredClaims ?? [])]
  try {
    const verified = await jwtVerify(token, guarded(key), { ...options, requiredClaims })
    const isTrusted = async () => {
      try {
        // Which key it is depends on the header alone.
        return (await key(verified.protectedHeader, { payload: '', signature: '' })) === verified.key
      } catch {
        return false
      }
    }
    return { claims: verified.payload as VerifiedToken['claims'], expired: false, isTrusted }
  } catch (error) {
    // The end is judged last: all else is right.
    if (
      error instanceof errors.JWTExpired &&
      error.payload.exp! + grace > options.currentDate.getTime() / 1000
    )
      return { claims: error.payload as VerifiedToken['claims'], expired: true }
    throw refusal(error)
  }
}

/** How tokens are taken: those of one issuer, for one service. */
export interface TakeOptions<T> {
  readonly key: JWTVerifyGetKey
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly string[]
  readonly requiredClaims: readonly string[]
  /** Seconds. */
  readonly leeway: number
  /** Seconds for which an upload may go on with a token that has expired. */
  readonly uploadGrace: number
  readonly now: () => number
  /** What is made of a token that is right, once for all requests that bring it. */
  readonly meaning: (claims: JWTPayload, expired: boolean) => T
}

/** Takes tokens. */
export interface TokenTaker<T> {
  /** Gives what a token means. @throws RegistryError as {@link verifyToken}. */
  take(token: string, facts: RequestFacts | undefined): Promise<T>
  /** Whether it was right before and has not ended since. */
  remembers(token: string): boolean
}

/**
 * Verifies tokens and remembers which were right, at most until they or their keys end.
 * @throws TypeError without an issuer or an audience: what comes from a missing variable must not take all tokens.
 */
export function tokenTaker<T>({
  key,
  leeway,
  uploadGrace,
  now,
  algorithms,
  requiredClaims,
  meaning,
  ...rest
}: TakeOptions<T>): TokenTaker<T> {
  if (!rest.issuer || !rest.audience)
    throw new TypeError('tokens are taken of one issuer and for one audience: name both')
  const verified = rememberTokens<Pick<LastingToken, 'isTrusted'> & { readonly means: T }>(now)
  return {
    async take(token, facts) {
      const known = verified.get(token)
      if (known && (await known.isTrusted())) return known.means
      const grace = facts?.action?.endpoint === 'upload' ? uploadGrace : 0
      const rules = {
        ...rest,
        algorithms: [...algorithms],
        requiredClaims: [...requiredClaims],
        clockTolerance: leeway,
        currentDate: new Date(now()),
      }
      const found = await verifyToken(token, key, rules, grace)
      const { claims, expired } = found
      const means = meaning(claims, expired)
      if ('isTrusted' in found) verified.set({ isTrusted: found.isTrusted, means }, claims.exp * 1000, token)
      return means
    },
    remembers: (token) => verified.get(token) !== undefined,
  }
}

/** What a token makes wrong is told from keys that cannot be had. */
function guarded(key: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, jws) => {
    try {
      return await key(header, jws)
    } catch (error) {
      if (error instanceof RegistryError) throw error
      if (error instanceof errors.JOSEError && THE_TOKENS_FAULT.includes(error.code)) throw error
      const why = 'the keys of tokens cannot be read now: try again'
      throw new RegistryError('UNAVAILABLE', why, { cause: error })
    }
  }
}

/** A token that is none of ours or not any more. */
export function invalid(why: string): RegistryError {
  return new RegistryError('UNAUTHORIZED', `the token is not valid: ${why}`)
}

const THE_TOKENS_FAULT = [
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
  'ERR_JOSE_NOT_SUPPORTED',
]

const REASONS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'it has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature is wrong',
  ERR_JOSE_ALG_NOT_ALLOWED: 'its algorithm is not allowed',
  ERR_JWKS_NO_MATCHING_KEY: 'its key is unknown',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'it does not name its key',
}

function refusal(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error
  if (error instanceof errors.JWTClaimValidationFailed)
    return invalid(
      `its claim ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'not as it must be'}`,
    )
  return invalid((error instanceof errors.JOSEError && REASONS[error.code]) || 'it is malformed')
}

/** The `access` claim; what has not its form grants nothing. */
export function accessIn(claims: JWTPayload): readonly Granted[] {
  const list: unknown = claims['access']
  if (!Array.isArray(list)) return []
  return list.filter(
    (each): each is Granted =>
      typeof each?.type === 'string' &&
      typeof each.name === 'string' &&
      Array.isArray(each.actions) &&
      each.actions.every((action: unknown) => typeof action === 'string'),
  )
}

/**
 * The limit that a token sets. Deleting is also within `*`; and within `push`, as some clients ask for, if `trusted` is
 * set: then an authoriser decides on it apart.
 * @param expired Only what an upload needs that has begun.
 * @param partial See {@link Grant.partial}.
 */
export function grantOfToken(
  granted: readonly Granted[],
  {
    trusted = false,
    expired = false,
    partial = false,
  }: { trusted?: boolean; expired?: boolean; partial?: boolean } = {},
): Grant {
  const enough = (access: Access): readonly string[] => {
    if (access.action === 'delete') return trusted ? ['delete', '*', 'push'] : ['delete', '*']
    return [access.action, '*']
  }
  return {
    renewable: true,
    partial,
    covers: (access, context) => {
      if (expired && !isUpload(access, context)) return false
      const actions = enough(access)
      return granted.some(
        ({ type, name, actions: list }) =>
          type === access.type && name === access.name && list.some((action) => actions.includes(action)),
      )
    },
  }
}

function isUpload({ action, name }: Access, context: Context): boolean {
  return action === 'push' && context.action.endpoint === 'upload' && context.action.repository === name
}
