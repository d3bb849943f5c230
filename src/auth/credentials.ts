/**
 * The `Authorization` header: HTTP Basic (RFC 7617) and Bearer (RFC 6750).
 * @module
 */

import { RegistryError } from '../oci/index.ts'

/** Credentials of another scheme than the one that is taken here; another authenticator may know them. */
export class OtherScheme extends RegistryError {
  /** @param taken What is taken, as a sentence. */
  constructor(taken: string) {
    super('UNAUTHORIZED', taken)
  }
}

/** A name and a password. */
export interface Pair {
  /** Has no colon. */
  readonly name: string
  /** May hold colons. */
  readonly password: string
}

/**
 * The name and password of a request; `null` without any, and for the empty pair that clients send without credentials.
 * @throws RegistryError `UNAUTHORIZED` for another scheme, and for what is malformed.
 */
export function basicOf(request: Request): Pair | null {
  const header = request.headers.get('authorization')?.trim()
  if (!header) return null
  const match = /^basic +([a-z0-9+/_-]+=*)$/i.exec(header)
  if (!match)
    throw new OtherScheme(
      'this registry takes HTTP Basic credentials: log in with a user name and a password',
    )
  const text = decode(match[1]!)
  const colon = text.indexOf(':')
  if (colon < 0)
    throw new RegistryError(
      'UNAUTHORIZED',
      'malformed Basic credentials: a colon between user name and password is missing',
    )
  if (text === ':') return null
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** The `Authorization` header that says a pair. */
export function basicHeader({ name, password }: Pair): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(`${name}:${password}`)) binary += String.fromCharCode(byte)
  return `Basic ${btoa(binary)}`
}

/** The token of a request with the scheme Bearer; `null` for every other request. */
export function bearerOf(request: Request): string | null {
  return /^\s*bearer +(\S+)\s*$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? null
}

/** The challenge that makes clients send a name and a password. */
export function basicChallenge(realm: string): string {
  return `Basic realm=${quoted(realm)}, charset="UTF-8"`
}

/** A quoted string of HTTP; what cannot stand in a header is left out. */
export function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function decode(base64: string): string {
  try {
    const binary = atob(base64.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = new Uint8Array(binary.length)
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
    return decoder.decode(bytes)
  } catch {
    throw new RegistryError('UNAUTHORIZED', 'malformed Basic credentials: not base64 of UTF-8 text')
  }
}
