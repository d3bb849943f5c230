/**
 * What a client asks a token service for, by GET or by POST (distribution's token and oauth2 specifications).
 * @module
 */

import { RegistryError } from '../../oci/index.ts'
import { basicHeader } from '../credentials.ts'
import { parseScope, type Scope } from '../scope.ts'

/** A request for a token. */
export interface TokenRequest {
  readonly service: string | null
  /** All that were asked for, in either spelling; what nobody understands is left out. */
  readonly scopes: readonly Scope[]
  /** A refresh token is wanted, too. */
  readonly offline: boolean
  /** Who asks: as the login takes it, or by a refresh token. */
  readonly by: { readonly request: Request } | { readonly refresh: string }
  /** How the answer is spelled: by POST it has `scope`. */
  readonly method: 'GET' | 'POST'
}

/** Longest form of a POST in bytes. */
const MAX_FORM = 32 * 1024
/** Most resources that are looked at: a token has to fit into a header. */
const MAX_SCOPES = 64

/** Reads the query of a GET. */
export function readQuery(request: Request): TokenRequest {
  const { searchParams: query } = new URL(request.url)
  return {
    service: query.get('service') || null,
    scopes: scopesOf(query.getAll('scope')),
    offline: query.get('offline_token') === 'true',
    by: { request },
    method: 'GET',
  }
}

/**
 * Reads the form of a POST.
 * @throws RegistryError with 400 for another type, for a form that is too long, and for a grant that is not known.
 */
export async function readForm(request: Request): Promise<TokenRequest> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') throw bad('the body must be a form')
  const form = new URLSearchParams(await readText(request))
  return {
    service: form.get('service') || null,
    scopes: scopesOf(form.getAll('scope')),
    offline: form.get('access_type') === 'offline',
    by: grantIn(form, request),
    method: 'POST',
  }
}

function grantIn(form: URLSearchParams, request: Request): TokenRequest['by'] {
  const type = form.get('grant_type')
  if (type === 'refresh_token') return { refresh: form.get('refresh_token') ?? '' }
  if (type !== 'password') throw bad('grant_type must be password or refresh_token', 'unsupported_grant_type')
  const [name, password] = [form.get('username') ?? '', form.get('password') ?? '']
  if (name.includes(':')) throw bad('a user name has no colon')
  return {
    request: new Request(request.url, { headers: { authorization: basicHeader({ name, password }) } }),
  }
}

/** Each may hold several with spaces between them. */
function scopesOf(texts: readonly string[]): Scope[] {
  const each = texts.flatMap((text) => text.split(' ')).filter(Boolean)
  return [...new Set(each)].slice(0, MAX_SCOPES).flatMap((text) => parseScope(text) ?? [])
}

async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > MAX_FORM) throw bad('the body is too long')
    chunks.push(chunk)
  }
  const decoder = new TextDecoder()
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
}

/** The specification's body and OAuth's at once (RFC 6749 section 5.2). */
export function bad(message: string, error = 'invalid_request'): RegistryError {
  return new RegistryError('UNSUPPORTED', message, { status: 400, detail: { error } })
}
