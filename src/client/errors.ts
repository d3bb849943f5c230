/**
 * What went wrong, as the registry says it. Its status decides; its body only helps.
 * @module
 */

import { type ErrorCode, type ErrorEntry, RegistryError } from '../oci/index.ts'
import { readUpTo } from './read.ts'

/** What is read of an error. */
const MAX_BODY = 16 * 1024
const MAX_MESSAGE = 1000
/** What is shown of a body that is not the specification's JSON. */
const MAX_QUOTED = 200

/** Codes of a 404 that do not say what is missing. */
const VAGUE: readonly string[] = ['NOT_FOUND', 'UNKNOWN', 'UNSUPPORTED', 'BLOB_UPLOAD_INVALID']

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  408: 'UNAVAILABLE',
  413: 'SIZE_INVALID',
  416: 'RANGE_INVALID',
  429: 'TOOMANYREQUESTS',
  501: 'UNSUPPORTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
}

/** What the asker knows of an answer that is an error. */
export interface ErrorHints {
  readonly host: string
  /** What a 404 means. */
  readonly unknown?: ErrorCode | undefined
  readonly timeout: number
}

/** Reads an error. The answer is used up. */
export async function errorOf(response: Response, hints: ErrorHints): Promise<RegistryError> {
  const { status, headers } = response
  const bytes = await readUpTo(response.body, MAX_BODY, hints.timeout).catch(() => null)
  const text = bytes ? new TextDecoder().decode(bytes) : ''
  const [first, ...also] = entriesIn(text)
  const wait = headers.get('retry-after')
  const message = first?.message || quoted(hints.host, status, first ? '' : text)
  return new RegistryError(codeOf(first?.code, status, hints.unknown), message, {
    status: status >= 400 && status <= 599 ? status : 502,
    ...(first?.detail == null ? {} : { detail: first.detail }),
    ...(also.length === 0 ? {} : { also }),
    ...(wait === null ? {} : { headers: { 'retry-after': wait } }),
  })
}

function codeOf(code: string | undefined, status: number, unknown: ErrorCode | undefined): string {
  if (status === 404 && unknown !== undefined && (code === undefined || VAGUE.includes(code))) return unknown
  return code ?? BY_STATUS[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'UNKNOWN')
}

function entriesIn(text: string): ErrorEntry[] {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return []
  }
  const errors = (body as { errors?: unknown } | null)?.errors
  return Array.isArray(errors) ? errors.flatMap(entryOf) : []
}

/** Some registries write `details`, and some leave out the message. */
function entryOf(value: unknown): ErrorEntry[] {
  const { code, message, detail, details } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (typeof code !== 'string' || !/^[A-Z][A-Z0-9_]{0,63}$/.test(code)) return []
  const more = detail ?? details
  const text = typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : ''
  return [{ code, message: text, ...(more == null ? {} : { detail: more }) }]
}

/** What an answer without a word means; one to HEAD never has any. */
const WORDLESS: Readonly<Record<number, string>> = {
  401: ': log in first',
  403: ': it does not allow this',
  404: ': it does not have this',
}

function quoted(host: string, status: number, text: string): string {
  const line = text.trim().replace(/\s+/g, ' ').slice(0, MAX_QUOTED)
  return `${host} answered with status ${status}${line === '' ? (WORDLESS[status] ?? '') : `: ${line}`}`
}

/** No answer came. It is not known whether the request took effect. */
export function unreachable(host: string, cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause
  const reason = innermost(cause)
  return new RegistryError('UNAVAILABLE', `no answer from ${host}: ${reason}`, { cause })
}

/** `fetch failed` says nothing: its cause does. */
function innermost(error: unknown): string {
  let inner = error
  for (let depth = 0; depth < 5 && inner instanceof Error && inner.cause instanceof Error; depth++)
    inner = inner.cause
  return inner instanceof Error ? inner.message || inner.name : String(inner)
}

/** Errors that asking again does not help against, whatever their status. */
const lasting = new WeakSet<RegistryError>()

/** Whether the same request may succeed a little later. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof RegistryError) || lasting.has(error)) return false
  const { status } = error
  return status === 408 || status === 429 || (status >= 500 && ![501, 505, 507].includes(status))
}

/** The registry answers with something that it must not. */
export function broken(host: string, reason: string): RegistryError {
  return last(new RegistryError('UNKNOWN', `${host} ${reason}`, { status: 502 }))
}

/** What came is not what was asked for. */
export function mismatch(message: string, detail: Readonly<Record<string, unknown>>): RegistryError {
  return last(new RegistryError('DIGEST_INVALID', message, { status: 502, detail }))
}

/** More came than was announced. */
export function tooLong(host: string): RegistryError {
  return last(
    new RegistryError('SIZE_INVALID', `${host} sends more bytes than it announced`, { status: 502 }),
  )
}

function last(error: RegistryError): RegistryError {
  lasting.add(error)
  return error
}
