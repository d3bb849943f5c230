import type { Answer } from './api.ts'

/** The target does not have an optional feature. */
export class Skip extends Error {
  override readonly name = 'Skip'
}

/** The target does not have an optional feature: ends the row. */
export function skip(reason: string): never {
  throw new Skip(reason)
}

/** Ends the row, telling what was expected and what the server answered. */
export function fail(answer: Answer, expected: string): never {
  throw new Error(`expected ${expected}; ${describe(answer)}`)
}

/** The status is one of these. */
export function status(answer: Answer, ...expected: number[]): void {
  if (!expected.includes(answer.status)) fail(answer, `status ${expected.join(' or ')}`)
}

/** The header is there, and is exactly this or matches. */
export function header(answer: Answer, name: string, expected?: string | RegExp): string {
  const value = answer.headers.get(name)
  if (value === null) fail(answer, `the header ${name}${expected === undefined ? '' : `: ${expected}`}`)
  const good =
    expected === undefined || (typeof expected === 'string' ? value === expected : expected.test(value))
  if (!good) fail(answer, `${name}: ${expected}, not ${name}: ${value}`)
  return value
}

/** The header is not there. */
export function noHeader(answer: Answer, name: string): void {
  const value = answer.headers.get(name)
  if (value !== null) fail(answer, `no header ${name}, not ${name}: ${value}`)
}

/** Body and Content-Length are exactly these bytes. */
export function body(answer: Answer, expected: Uint8Array): void {
  if (Buffer.compare(answer.body, expected) !== 0) {
    fail(answer, `the ${expected.length} bytes that were pushed, not ${answer.body.length} others`)
  }
  header(answer, 'content-length', String(expected.length))
}

/** A HEAD answer: the length is told, nothing is sent. */
export function headOf(answer: Answer, length: number): void {
  header(answer, 'content-length', String(length))
  if (answer.body.length > 0) fail(answer, 'no body')
}

/** A JSON error body with one of these codes in its first entry. */
export function error(answer: Answer, code: number | readonly number[], ...codes: string[]): ErrorEntry[] {
  status(answer, ...(typeof code === 'number' ? [code] : code))
  const entries = errorsOf(answer)
  if (codes.length > 0 && !codes.includes(entries[0]!.code))
    fail(answer, `the error code ${codes.join(' or ')}`)
  return entries
}

/** An entry of an error body. */
export interface ErrorEntry {
  readonly code: string
  readonly message?: string
  readonly detail?: unknown
}

/** Reads an error body and checks its shape. */
export function errorsOf(answer: Answer): ErrorEntry[] {
  header(answer, 'content-type', /^application\/json( *;.*)?$/)
  const { errors } = json<{ errors?: ErrorEntry[] }>(answer)
  if (!Array.isArray(errors) || errors.length === 0) fail(answer, 'an error body with a list of errors')
  for (const each of errors) {
    if (typeof each?.code !== 'string' || !/^[A-Z_]+$/.test(each.code))
      fail(answer, 'codes in capitals and underscores')
    if (each.message !== undefined && typeof each.message !== 'string')
      fail(answer, 'messages that are strings')
  }
  return errors
}

/** The body as JSON. */
export function json<T>(answer: Answer): T {
  try {
    return JSON.parse(Buffer.from(answer.body).toString('utf8')) as T
  } catch {
    return fail(answer, 'a JSON body')
  }
}

/** Both values are the same as JSON. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`expected ${what} to be ${clip(should)}, but it is ${clip(is)}`)
}

/** The claim holds. */
export function that(claim: boolean, expected: string): asserts claim {
  if (!claim) throw new Error(`expected ${expected}`)
}

/** What the server answered, in one line. */
export function describe(answer: Answer): string {
  const text = Buffer.from(answer.body.subarray(0, 300)).toString('utf8')
  const shown = /^[\t\n\r\x20-\x7e]*$/.test(text) ? text.trim() : `${answer.body.length} bytes`
  const { pathname, search } = new URL(answer.url)
  return `${answer.method} ${clip(pathname + search, 140)} answered ${answer.status} ${shown || '(empty)'}`
}

function clip(text: string | undefined, length = 300): string {
  return text === undefined ? 'undefined' : text.length > length ? `${text.slice(0, length)}…` : text
}
