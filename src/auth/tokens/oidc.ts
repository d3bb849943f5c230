import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose'
import { matchGlob, RegistryError } from '../../oci/index.ts'
import type { Subject } from '../../registry.ts'
import type { Authenticator } from '../contract.ts'
import { basicChallenge, basicOf, bearerOf, OtherScheme } from '../credentials.ts'
import { limitedTo, NO_LOGIN } from '../grant.ts'
import { checkAlgorithms, keysOf } from './bearer.ts'
import { MAX_TOKEN, tokenTaker } from './claims.ts'

/** Who somebody is by the claims of an identity token. */
export interface OidcRule {
  /** What the claims must be: globs, with `/` between segments, as in `refs/heads/*`. All of them must fit. */
  claims: Readonly<Record<string, string>>
  /** The name of the subject; `{claim}` stands for a claim that the rule names, as in `ci:{repository}`. */
  subject: string
  /** Its groups (none). */
  groups?: readonly string[]
}

/** Whose identity tokens are taken. */
export interface OidcOptions {
  /** The issuer's URL, as in `https://token.actions.githubusercontent.com`: the `iss` of its tokens. */
  issuer: string
  /** What the tokens are for: their `aud`. A token that was made for somebody else must not open this registry. */
  audience: string
  /** The first that fits says who it is; whoever fits none is refused. */
  rules: readonly OidcRule[]
  /** The public keys (what the issuer's `/.well-known/openid-configuration` names). */
  keys?: JSONWebKeySet | URL
  /** What tokens may be signed with (`RS256`, `ES256`). */
  algorithms?: readonly string[]
  /** By how much clocks may differ, in seconds (60). */
  leeway?: number
  /** Gets the keys (`fetch`). */
  fetch?: typeof fetch
  /** The clock, in milliseconds (`Date.now`). */
  now?: () => number
}

/**
 * Identity tokens of an issuer, as the jobs of a CI get them: the password of HTTP Basic under any name, or a bearer
 * token. No secret is kept anywhere.
 *
 * @throws TypeError for rules that make no sense.
 */
export function oidc(options: OidcOptions): Authenticator {
  const { issuer, audience, rules, now = Date.now, leeway = 60 } = options
  checkRules(rules)
  const algorithms = checkAlgorithms(options.algorithms ?? ['RS256', 'ES256'])
  const key = options.keys ? keysOf(options.keys, options.fetch) : discovered(issuer, options.fetch ?? fetch)
  const taken = tokenTaker({
    key,
    issuer,
    audience,
    algorithms,
    requiredClaims: [],
    leeway,
    uploadGrace: 0,
    now,
    meaning: (claims) => subjectBy(rules, claims),
  })
  return {
    async authenticate(request, facts) {
      const token = bearerOf(request) ?? basicOf(request)?.password
      if (token === undefined) return null
      if (!taken.remembers(token) && !isFrom(token, issuer))
        throw new OtherScheme(`this registry takes identity tokens of ${issuer}`)
      const subject = await taken.take(token, facts)
      if (subject === null)
        throw new RegistryError('UNAUTHORIZED', 'no rule knows this identity: its claims fit none')
      return subject
    },
    challenge: basicChallenge,
  }
}

function checkRules(rules: readonly OidcRule[]): void {
  rules.forEach(({ claims, subject }, i) => {
    if (Object.keys(claims).length === 0) throw new TypeError(`rules[${i}].claims must name a claim`)
    for (const [, name = ''] of subject.matchAll(/\{([^{}]*)\}/g))
      if (!Object.hasOwn(claims, name))
        throw new TypeError(`rules[${i}].subject names {${name}}, which is not among its claims`)
  })
}

function subjectBy(rules: readonly OidcRule[], claims: JWTPayload): Subject | null {
  const textOf = (name: string): string | null => {
    const value: unknown = Object.hasOwn(claims, name) ? claims[name] : undefined
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : null
  }
  const rule = rules.find((each) =>
    Object.entries(each.claims).every(([name, glob]) => {
      const text = textOf(name)
      return text !== null && matchGlob(glob, text)
    }),
  )
  if (!rule) return null
  const name = rule.subject.replace(/\{([^{}]*)\}/g, (_, claim: string) => textOf(claim) ?? '')
  return limitedTo({ name, ...(rule.groups && { groups: rule.groups }) }, NO_LOGIN)
}

function isFrom(token: string, issuer: string): boolean {
  try {
    return token.length <= MAX_TOKEN && decodeJwt(token).iss === issuer
  } catch {
    return false
  }
}

/** The keys that the issuer's configuration names (OpenID Connect Discovery 1.0 section 4); asked for when needed. */
function discovered(issuer: string, fetcher: typeof fetch): JWTVerifyGetKey {
  let known: Promise<JWTVerifyGetKey> | undefined
  return async (header, jws) => {
    // Anybody can write the issuer into a token, so all of them share one question.
    known ??= discover(issuer, fetcher).catch((error: unknown) => {
      known = undefined
      throw error
    })
    return (await known)(header, jws)
  }
}

async function discover(issuer: string, fetcher: typeof fetch): Promise<JWTVerifyGetKey> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await fetcher(url, { signal: AbortSignal.timeout(5000), redirect: 'manual' })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`${url} answers ${response.status}`)
  }
  const { issuer: own, jwks_uri: keys } = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown }
  if (own !== issuer || typeof keys !== 'string')
    throw new Error(`${url} is the configuration of another issuer`)
  return createRemoteJWKSet(new URL(keys), { [customFetch]: (target, init) => fetcher(target, init) })
}
