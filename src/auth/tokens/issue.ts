/**
 * Giving out tokens: who asks, what of it they may have, and the answer.
 * @module
 */

import { SignJWT } from 'jose'
import { isName, RegistryError } from '../../oci/index.ts'
import type { Action, Context, Subject } from '../../registry.ts'
import type { Access, Auth, RequestFacts } from '../contract.ts'
import { decide } from '../grant.ts'
import type { Scope } from '../scope.ts'
import { randomText } from '../secrets.ts'
import type { Granted } from './claims.ts'
import type { SigningKeys } from './keys.ts'
import type { RefreshTokens } from './refresh.ts'
import { bad, type TokenRequest } from './request.ts'
import { type Claimed, claim, reclaim } from './subject.ts'

/** What tokens are made with. */
export interface Issuing {
  readonly login: Pick<Auth, 'authenticate' | 'lookup' | 'challenge' | 'authorize'>
  readonly keys: SigningKeys
  readonly refresh: RefreshTokens | null
  readonly service: string
  readonly issuer: string
  /** Seconds. */
  readonly lifetime: number
  readonly now: () => number
}

/** The answer of a token service. */
export interface TokenAnswer {
  readonly token: string
  readonly access_token: string
  readonly expires_in: number
  readonly issued_at: string
  readonly scope?: string
  readonly refresh_token?: string
}

/**
 * Answers a request for a token. What is asked for and not permitted is left out: never an error.
 * @throws RegistryError `UNAUTHORIZED` for wrong credentials, `TOOMANYREQUESTS`, 400 for another service.
 */
export async function issueToken(
  issuing: Issuing,
  asked: TokenRequest,
  facts: RequestFacts,
): Promise<TokenAnswer> {
  const { service, lifetime, now, refresh } = issuing
  if (asked.service !== null && asked.service !== service)
    throw bad(
      'this is no token service for that: take realm and service from the challenge',
      'invalid_target',
    )
  const { subject, claimed } = await whoAsks(issuing, asked, facts)
  await facts.admit?.(subject)
  const granted = await grant(issuing, asked.scopes, subject, facts)
  const at = Math.floor(now() / 1000)
  const token = await sign(issuing, claimed, granted, at)
  // Limited credentials must not turn into a login that is not, nor into one that outlives them; nor one login into another.
  const isLogin = 'request' in asked.by && subject !== null && !claimed.limited
  const renewable = asked.offline && refresh !== null && isLogin
  return {
    token,
    access_token: token,
    expires_in: lifetime,
    issued_at: new Date(at * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    ...(asked.method === 'POST' && { scope: granted.map(textOf).join(' ') }),
    ...(renewable && { refresh_token: await refresh.issue(subject, claimed) }),
  }
}

async function whoAsks(
  { login, refresh }: Issuing,
  { by }: TokenRequest,
  facts: RequestFacts,
): Promise<{ subject: Subject | null; claimed: Claimed }> {
  if ('request' in by) {
    const subject = await login.authenticate(by.request, facts)
    return { subject, claimed: await claim(login, subject) }
  }
  const claimed = await refresh?.redeem(by.refresh)
  const subject = claimed && (await reclaim(login, claimed))
  if (!claimed || !subject)
    throw new RegistryError('UNAUTHORIZED', 'the login has ended or was revoked: log in again')
  return { subject, claimed }
}

/** What of the scopes the subject may have, as the authoriser says. */
async function grant(
  { login }: Issuing,
  scopes: readonly Scope[],
  subject: Subject | null,
  facts: RequestFacts,
): Promise<Granted[]> {
  const byResource = new Map<string, { type: string; name: string; actions: Set<string> }>()
  let size = 0
  for (const scope of scopes) {
    const may: string[] = []
    for (const access of accessesOf(scope))
      if ((await decide(login, access, contextOf(access, subject, facts))) === 'allow')
        may.push(access.action)
    // Whoever asked for all of it by a star reads the star.
    if (scope.actions.includes('*') && ALL.every((each) => may.includes(each))) may.push('*')
    if (may.length === 0) continue
    const key = `${scope.type}:${scope.name}`
    const entry = byResource.get(key) ?? { type: scope.type, name: scope.name, actions: new Set() }
    for (const each of may) entry.actions.add(each)
    if (!byResource.has(key)) size += key.length + 64
    if (size > MAX_ACCESS) break
    byResource.set(key, entry)
  }
  return [...byResource.values()].map((entry) => ({ ...entry, actions: [...entry.actions] }))
}

/** Longest `access` claim in characters, about: servers take headers of 8 KiB. */
const MAX_ACCESS = 4000

const ALL = ['pull', 'push', 'delete'] as const

/** What a scope asks for, as far as this registry knows such a thing. */
function accessesOf({ type, name, actions }: Scope): Access[] {
  if (type === 'registry')
    return name === 'catalog' && actions.includes('*') ? [{ type, name, action: '*' }] : []
  if (type !== 'repository' || !isName(name)) return []
  const wanted = ALL.filter((action) => actions.includes(action) || actions.includes('*'))
  return wanted.map((action) => ({ type, name, action }))
}

/** As if the request that needs it had come. */
function contextOf(access: Access, subject: Subject | null, { address }: RequestFacts): Context {
  return {
    requestId: crypto.randomUUID(),
    subject,
    action: requestFor(access),
    client: address === undefined ? {} : { address },
    defer: (work) => void work.catch(() => {}),
    warn: () => {},
  }
}

function requestFor(access: Access): Action {
  if (access.type === 'registry') return { endpoint: 'catalog', method: 'GET' }
  const repository = access.name
  if (access.action === 'push') return { endpoint: 'uploads', method: 'POST', repository }
  return { endpoint: 'manifest', method: access.action === 'pull' ? 'GET' : 'DELETE', repository }
}

async function sign(
  { keys, issuer, service, lifetime }: Issuing,
  { sub, groups, known, limited }: Claimed,
  access: readonly Granted[],
  at: number,
): Promise<string> {
  const { kid, alg, privateKey } = await keys.current()
  const about = { ...(groups && { groups }), ...(known && { known }), ...(limited && { limited }) }
  return new SignJWT({ access, ...about })
    .setProtectedHeader({ typ: 'JWT', alg, kid })
    .setIssuer(issuer)
    .setSubject(sub)
    .setAudience(service)
    .setIssuedAt(at)
    .setNotBefore(at)
    .setExpirationTime(at + lifetime)
    .setJti(randomText(12))
    .sign(privateKey)
}

function textOf({ type, name, actions }: Granted): string {
  return `${type}:${name}:${actions.join(',')}`
}
