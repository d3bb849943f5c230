import { decodeJwt, type JWK } from 'jose'
import { RegistryError } from '../../oci/index.ts'
import type { Subject } from '../../registry.ts'
import type { Auth, Authenticator, Authorizer, RequestFacts } from '../contract.ts'
import { basicChallenge, bearerOf } from '../credentials.ts'
import { limitedTo } from '../grant.ts'
import type { AuthRecords } from '../records.ts'
import { bearerChallenge } from './challenge.ts'
import { accessIn, grantOfToken, invalid, MAX_TOKEN, tokenTaker } from './claims.ts'
import { type Issuing, issueToken } from './issue.ts'
import { ALGORITHMS, givenKeys, storedKeys } from './keys.ts'
import { refreshTokens } from './refresh.ts'
import { readForm, readQuery } from './request.ts'
import { claimedIn, reclaim } from './subject.ts'

/** What a token service is made of. */
export interface TokenServiceOptions {
  /** Who logs in, to get a token; also to be asked without one. */
  login: Authenticator
  /** What they may do: asked when a token is made, and again with each request. */
  authorize: Authorizer
  /** Where keys and refresh tokens are kept: the `records` of a storage. */
  records?: AuthRecords
  /** Private keys instead of those in `records`, newest first: the first signs, the public halves are published. */
  signingKeys?: readonly JWK[]
  /** What tokens are for (`ocikit`): the same on all replicas. */
  service?: string
  /** Who says so in them (the service). */
  issuer?: string
  /** How long a token lives, in seconds, at least 60 (300). */
  lifetime?: number
  /**
   * How long a login by a refresh token lives, in milliseconds; 0 for none at all (90 days). A changed password ends
   * it sooner only if `login` has `lookup`.
   */
  refreshLifetime?: number
  /** How long an upload may go on after the token that began it has expired, in seconds (86400). */
  uploadGrace?: number
  /** By how much clocks may differ, in seconds (60). */
  leeway?: number
  /** The clock, in milliseconds (`Date.now`). */
  now?: () => number
}

/** An `auth` that gives out tokens and takes them. */
export interface TokenService extends Auth {
  /** Gives out tokens, and publishes the keys. */
  endpoint(request: Request, path: string, facts: RequestFacts): Promise<Response>
  /** Removes refresh tokens that have expired. */
  sweep(): Promise<void>
  /** The public keys (RFC 7517), as they are served at `/keys` below the token path. */
  keySet(): Promise<{ keys: JWK[] }>
  /** Makes a new signing key now. @param options.drop Ends the old ones and all their tokens, here at once and elsewhere within 5 minutes. */
  rotate(options?: { drop?: boolean }): Promise<void>
  /** Ends all logins of a subject by refresh tokens; tells how many there were. */
  revoke(name: string): Promise<number>
}

/**
 * The Docker token service and what takes its tokens (distribution's token and oauth2 specifications): GET and POST at
 * the server's `tokenPath`, JWT signed with keys of its own, refresh tokens. A token never reaches farther than its
 * owner: `authorize` is asked with each request, and whoever `login.lookup` does not find any more is out at once.
 * Requests without a token may log in as `login` takes it.
 *
 * @throws TypeError for options that do not fit together.
 *
 * @example
 * ```ts
 * import { memory, ocikit, users } from 'ocikit'
 * import { tokenService } from 'ocikit/auth/tokens'
 *
 * const storage = memory()
 * const login = users([{ name: 'ann', password: 'secret' }])
 * const kit = ocikit({ storage, auth: tokenService({ login, authorize: login.authorize, records: storage.records }) })
 * const response = await kit.fetch(new Request('http://localhost/token?scope=repository:a:pull'))
 * console.log(response.status) // 200
 * ```
 */
export function tokenService(options: TokenServiceOptions): TokenService {
  const { login: authenticator, authorize, records, now = Date.now } = options
  const { service = 'ocikit', issuer = service, leeway = 60, uploadGrace = 86_400, lifetime = 300 } = options
  if (!records && !options.signingKeys) throw new TypeError('a token service needs records or signingKeys')
  if (!(lifetime >= 60)) throw new TypeError('lifetime must be 60 seconds or more: clients take less for 60')
  const keys = options.signingKeys ? givenKeys(options.signingKeys) : storedKeys(records!, now)
  const login: Issuing['login'] = { ...authenticator, authorize }
  const refreshLifetime = options.refreshLifetime ?? 90 * 86_400_000
  const refresh =
    records && refreshLifetime > 0
      ? refreshTokens(records, authenticator, { service, lifetime: refreshLifetime, now })
      : null
  const issuing: Issuing = { login, keys, refresh, service, issuer, lifetime, now }
  const taken = tokenTaker({
    key: async ({ kid }) => {
      const found = kid === undefined ? null : await keys.find(kid)
      if (!found) throw invalid('its key is unknown')
      return found.publicKey
    },
    issuer,
    audience: service,
    algorithms: ALGORITHMS,
    requiredClaims: ['sub', 'nbf'],
    leeway,
    uploadGrace,
    now,
    meaning(claims, expired) {
      const claimed = claimedIn(claims)
      const partial = claimed.limited === true
      return { claimed, grant: grantOfToken(accessIn(claims), { trusted: true, expired, partial }) }
    },
  })
  const take = async (token: string, facts: RequestFacts | undefined): Promise<Subject | null> => {
    const { claimed, grant } = await taken.take(token, facts)
    const subject = await reclaim(login, claimed)
    if (subject === undefined) throw invalid('its owner is gone')
    return subject && limitedTo(subject, grant)
  }
  const isOwn = (token: string): boolean => taken.remembers(token) || isOurs(token, issuer)
  return {
    ...login,
    async authenticate(request, facts) {
      const token = bearerOf(request)
      return token !== null && isOwn(token) ? take(token, facts) : login.authenticate(request, facts)
    },
    challenge: (_realm, accesses, facts) =>
      bearerChallenge(facts?.tokenUrl ?? '/token', service, accesses, facts?.error),
    async endpoint(request, path, facts) {
      if (path === '/keys') return answerKeys(request, await keySetOf(issuing))
      if (path !== '' && path !== '/')
        throw new RegistryError('NOT_FOUND', 'nothing is here: tokens are given out one level above')
      return answerToken(issuing, request, facts)
    },
    sweep: async () => refresh?.sweep(),
    keySet: () => keySetOf(issuing),
    rotate: async ({ drop = false } = {}) => keys.rotate(drop),
    revoke: async (name) => refresh?.revoke(name) ?? 0,
  }
}

/** Tokens of others are for the login. What cannot be read is ours to refuse: no login takes such a thing. */
function isOurs(token: string, issuer: string): boolean {
  if (token.length > MAX_TOKEN) return true
  try {
    return decodeJwt(token).iss === issuer
  } catch {
    return token.split('.').length === 3
  }
}

async function keySetOf({ keys }: Issuing): Promise<{ keys: JWK[] }> {
  return { keys: (await keys.all()).map(({ publicJwk }) => publicJwk) }
}

function answerKeys(request: Request, set: object): Response {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw notAllowed('GET, HEAD')
  return answer(set, { 'cache-control': 'public, max-age=300' })
}

async function answerToken(issuing: Issuing, request: Request, facts: RequestFacts): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'POST') throw notAllowed('GET, POST')
  try {
    const asked = request.method === 'GET' ? readQuery(request) : await readForm(request)
    return answer(await issueToken(issuing, asked, facts), { 'cache-control': 'no-store' })
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'UNAUTHORIZED') throw error
    const challenge = issuing.login.challenge('Registry', [], facts) ?? basicChallenge('Registry')
    throw new RegistryError('UNAUTHORIZED', error.message, {
      detail: { error: 'invalid_grant' },
      headers: { 'www-authenticate': challenge },
    })
  }
}

function answer(value: object, headers: Record<string, string>): Response {
  const body = new TextEncoder().encode(JSON.stringify(value))
  return new Response(body, {
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  })
}

function notAllowed(allow: string): RegistryError {
  return new RegistryError('UNSUPPORTED', `this method is not supported here: use ${allow}`, {
    headers: { allow },
  })
}
