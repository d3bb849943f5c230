/**
 * One request to a token service (Docker's token authentication specification, and its OAuth2 variant).
 * @module
 */

import { RegistryError } from '../../oci/index.ts'
import { basicHeader, type Credentials } from './credentials.ts'

/** Where tokens come from, as a challenge says. */
export interface TokenService {
  readonly realm: URL
  readonly service?: string
}

/** A token for some rights. */
export interface Token {
  readonly header: string
  /** How long it is good for, in milliseconds. */
  readonly lifetime: number
  /** Takes the place of the refresh token that it was got for. */
  readonly refreshToken?: string
}

/** What a token is asked with. */
export interface TokenRequest {
  readonly service: TokenService
  readonly scopes: readonly string[]
  /** `null` for an anonymous one. */
  readonly credentials: Credentials | null
  /** Names this program to the service. */
  readonly clientId: string
  /** Whether a refresh token is wanted with it, to be kept in place of the password. */
  readonly offline?: boolean
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
}

/** A token is far below 8 KiB: it has to fit into a header. */
const MAX_ANSWER = 256 * 1024
/** What is shown of a refusal, in characters. */
const MAX_QUOTED = 200
/** What a token that does not say is good for, in seconds. */
const DEFAULT_LIFETIME = 60

/**
 * Gets a token: for a refresh token by POST, else by GET with the password if there is one.
 * @throws RegistryError `UNAUTHORIZED` when the service refuses, else with its status. Never with a secret in it.
 */
export async function fetchToken(request: TokenRequest): Promise<Token> {
  const { credentials, service } = request
  const refresh = credentials?.identityToken
  const response = refresh === undefined ? await get(request) : await grant(request, refresh)
  const { realm } = service
  if (!response.ok) {
    const said = await answerOf(response, realm.host).then(
      (answer) => messageIn(answer, credentials),
      () => '',
    )
    throw refused(realm.host, response, credentials !== null, said)
  }
  const answer = await answerOf(response, realm.host)
  const token = textIn(answer, 'token') ?? textIn(answer, 'access_token')
  if (token === undefined) throw unusable(realm.host)
  const seconds = typeof answer['expires_in'] === 'number' ? answer['expires_in'] : DEFAULT_LIFETIME
  const refreshToken = textIn(answer, 'refresh_token')
  return {
    header: `Bearer ${token}`,
    lifetime: Math.max(seconds, 1) * 1000,
    ...(refreshToken === undefined ? {} : { refreshToken }),
  }
}

async function get({
  service,
  scopes,
  credentials,
  clientId,
  offline,
  fetch,
}: TokenRequest): Promise<Response> {
  const url = new URL(service.realm)
  if (service.service !== undefined) url.searchParams.set('service', service.service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  const { username, password } = credentials ?? {}
  const headers: Record<string, string> = { accept: 'application/json' }
  if (username !== undefined && password !== undefined) {
    headers['authorization'] = basicHeader(username, password)
    if (offline) {
      url.searchParams.set('offline_token', 'true')
      url.searchParams.set('client_id', clientId)
    }
  }
  return fetch(url.href, { method: 'GET', headers, redirect: 'manual' })
}

/** What a redirect would lead to gets no refresh token. */
async function grant(
  { service, scopes, clientId, fetch }: TokenRequest,
  refreshToken: string,
): Promise<Response> {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId })
  form.set('refresh_token', refreshToken)
  if (service.service !== undefined) form.set('service', service.service)
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
  return fetch(service.realm.href, { method: 'POST', headers, body: form.toString(), redirect: 'manual' })
}

function refused(host: string, { status, headers }: Response, isKnown: boolean, said: string): RegistryError {
  const wait = headers.get('retry-after')
  if (status === 429) {
    const after = wait === null ? {} : { headers: { 'retry-after': wait } }
    return new RegistryError('TOOMANYREQUESTS', `the token service ${host} asks to wait`, after)
  }
  if (status >= 500)
    return new RegistryError('UNAVAILABLE', `the token service ${host} failed with status ${status}`)
  if (status < 400) return new RegistryError('UNAUTHORIZED', `the token service ${host} redirects`)
  const reason = isKnown ? 'refused the credentials' : 'gives nothing without credentials'
  return new RegistryError('UNAUTHORIZED', `the token service ${host} ${reason} (status ${status})${said}`)
}

/**
 * What a service says of its refusal: as a registry does, or as OAuth2 (RFC 6749, 5.2) and Docker Hub do. Nothing of a
 * text that has a secret in it.
 */
function messageIn(answer: Readonly<Record<string, unknown>>, credentials: Credentials | null): string {
  const { errors, error_description, details, message } = answer
  const first = Array.isArray(errors) ? (errors[0] as { message?: unknown } | null)?.message : undefined
  const text = [first, error_description, details, message].find((each) => typeof each === 'string')
  if (typeof text !== 'string' || hasSecret(text, credentials)) return ''
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  return line === '' ? '' : `: ${line.slice(0, MAX_QUOTED)}`
}

function hasSecret(text: string, credentials: Credentials | null): boolean {
  const { password, identityToken } = credentials ?? {}
  return [password, identityToken].some((secret) => secret && text.includes(secret))
}

async function answerOf(response: Response, host: string): Promise<Record<string, unknown>> {
  const chunks: string[] = []
  const decoder = new TextDecoder()
  let size = 0
  // Not every browser can loop over a stream.
  const reader = response.body?.getReader()
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    size += next.value.length
    if (size > MAX_ANSWER) {
      await reader?.cancel().catch(() => {})
      throw unusable(host)
    }
    chunks.push(decoder.decode(next.value, { stream: true }))
  }
  try {
    const answer: unknown = JSON.parse(chunks.join(''))
    if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>
  } catch {
    // Told below: the text itself may hold a token.
  }
  throw unusable(host)
}

function unusable(host: string): RegistryError {
  return new RegistryError(
    'UNAUTHORIZED',
    `the token service ${host} answers with something that is no token`,
  )
}

function textIn(answer: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = answer[field]
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : undefined
}
