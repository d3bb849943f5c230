/**
 * Answers: headers that every client relies on, and the error body.
 * @module
 */

import { digestOf } from '../hash/index.ts'
import { encodedOf, type RegistryError } from '../oci/index.ts'

/** Header names and values; undefined ones are left out. */
export type HeaderFields = Readonly<Record<string, string | undefined>>

/** What is stored under a digest never changes; `no-transform` keeps proxies from compressing it. */
export const IMMUTABLE = 'private, max-age=31536000, immutable, no-transform'
/** May be kept, but has to be asked for again. */
export const REVALIDATE = 'private, no-cache, no-transform'
/** May not be kept; nor compressed, since it says how long it is. */
export const NO_STORE = 'no-store, no-transform'

/** An answer without a body; `Content-Length: 0` except where HTTP forbids it (RFC 9110 section 8.6). */
export function empty(status: number, fields: HeaderFields): Response {
  const forbidden = status === 204 || status === 304
  return new Response(null, {
    status,
    headers: present(forbidden ? fields : { 'content-length': '0', ...fields }),
  })
}

/** What an answer is made for. */
export interface Asking {
  readonly request: Request
  /** Makes a Response of bytes at hand, where the runtime has a fast way. */
  readonly respond: ((bytes: Uint8Array, init: ResponseInit) => Response) | undefined
}

/** An answer with a body of known length; none for HEAD, whose headers are the same. */
export function withBody(
  { request, respond }: Asking,
  status: number,
  fields: HeaderFields,
  body: () => ReadableStream<Uint8Array> | Uint8Array,
): Response {
  const init = { status, headers: present(fields) }
  if (request.method === 'HEAD') return new Response(null, init)
  const content = body()
  if (respond && content instanceof Uint8Array) return respond(content, init)
  return new Response(content as BodyInit, init)
}

/** A JSON document as it is sent, with a validator. */
export interface Json {
  readonly bytes: Uint8Array
  readonly etag: string
}

/** Makes a document to be sent. */
export async function jsonOf(value: unknown): Promise<Json> {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  return { bytes, etag: `W/"${encodedOf(await digestOf('sha256', bytes)).slice(0, 32)}"` }
}

/** A JSON document, which lists make: with a validator, since it may change. */
export async function json(asking: Asking, value: unknown, fields: HeaderFields = {}): Promise<Response> {
  return sendJson(asking, await jsonOf(value), fields)
}

/** The answer with a document. */
export function sendJson(asking: Asking, { bytes, etag }: Json, fields: HeaderFields): Response {
  const headers = { 'cache-control': REVALIDATE, etag, 'content-type': 'application/json', ...fields }
  if (matches(asking.request, etag)) return empty(304, { ...headers, 'content-type': undefined })
  return withBody(asking, 200, { 'content-length': String(bytes.length), ...headers }, () => bytes)
}

/**
 * An error's answer, with its own status and headers.
 * @param custom Takes the place of the specification's body (section "Error Codes").
 */
export function errorResponse(error: RegistryError, custom?: Response, fields: HeaderFields = {}): Response {
  const response = custom ?? standardError(error)
  const headers = new Headers(response.headers)
  for (const [name, value] of present({ 'cache-control': NO_STORE, ...error.headers, ...fields }))
    headers.set(name, value)
  return new Response(response.body, { status: response.status, headers })
}

function standardError(error: RegistryError): Response {
  const body = new TextEncoder().encode(JSON.stringify({ errors: error.entries }))
  const status = error.status >= 400 && error.status <= 599 ? error.status : 500
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length) }
  return new Response(body, { status, headers })
}

/** A member of a list of entity tags: a comma within quotes does not end it. */
const MEMBER = /\s*(?:W\/)?"[^"]*"\s*(?=,|$)|[^,]+/g

/** Whether `If-None-Match` names this entity: a list, weak validators, `*`, and the bare digest that some clients send. */
export function matches(request: Request, etag: string): boolean {
  const header = request.headers.get('if-none-match')
  if (header === null) return false
  const bare = opaque(etag)
  const members = header.match(MEMBER) ?? []
  return members.some((each) => each.trim() === '*' || opaque(each.trim()) === bare)
}

/** Weak comparison: without `W/` and quotes (RFC 9110 section 8.8.3.2). */
function opaque(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1')
}

function present(fields: HeaderFields): [string, string][] {
  return Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
}
