/**
 * Signed requests to one bucket: sent again while that can help, and with a clear error when it cannot.
 * @module
 */

import { AwsV4Signer } from 'aws4fetch'
import { digestOf } from '../../../src/hash/index.ts'
import { encodedOf } from '../../../src/oci/index.ts'
import { type CredentialSource, credentialSource, type S3Credentials } from './credentials.ts'
import { type Refusal, refused, type S3Error, unavailable, unreachable } from './errors.ts'
import type { Settings } from './options.ts'
import { textOf } from './xml.ts'

/** A request. */
interface Ask {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** The object's key. Absent: the bucket itself. */
  readonly object?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes can be sent again; a stream cannot, and needs `size`. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>
  readonly size?: number
  /** SHA-256 of the body in hexadecimal: the store refuses other bytes. Default: that of bytes, none of streams. */
  readonly sha256?: string
  readonly signal?: AbortSignal | undefined
  /** Codes or statuses of refusals that the caller wants as an answer. */
  readonly accept?: readonly (string | number)[]
  /** Milliseconds until an answer has to begin. Default: a minute; streams may take for ever. */
  readonly patience?: number
  /** Once at most: for what must not take effect late. */
  readonly once?: boolean
}

/** What came of a request. */
interface Answer {
  readonly status: number
  /** The store's code of a refusal; empty for a success. */
  readonly code: string
  readonly headers: Headers
  /** An earlier try had no answer, and may have taken effect. */
  readonly unsure: boolean
}

/** Talks to one bucket. */
export interface Client {
  readonly settings: Settings
  /** Sends a request and reads the whole answer. @throws {@link S3Error}, or `UNAVAILABLE` while the store is down. */
  read(ask: Ask): Promise<Answer & { body: Uint8Array }>
  /** The same, with an answer that is still to be read or cancelled; null if it was a refusal. */
  open(ask: Ask): Promise<Answer & { body: ReadableStream<Uint8Array> | null }>
  /** A URL for everybody, valid for `seconds`. */
  presign(object: string, query: Readonly<Record<string, string>>, seconds: number): Promise<string>
}

const PATIENCE = 60_000
const FIRST_WAIT = 100
const LONGEST_WAIT = 3_000
const MAX_ERROR = 64 * 1024
/** Refusals that say "not now". Those of conditions have not taken effect; of the rest one cannot know. */
const BUSY: readonly string[] = [
  'SlowDown',
  'RequestTimeout',
  'InternalError',
  'ServiceUnavailable',
  'ThrottlingException',
]
const CONFLICT: readonly string[] = ['ConditionalRequestConflict', 'OperationAborted']
const EXPIRED: readonly string[] = ['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired']

/** Makes a client. It opens nothing. */
export function createClient(settings: Settings): Client {
  const credentials = credentialSource(settings.credentials, settings.now)
  const sign = signer(settings, credentials)
  const tried = <T>(
    ask: Ask,
    take: (response: Response) => Promise<T>,
  ): Promise<Answer & { body: T | null }> => tryAgain(settings, credentials, ask, sign, take)

  return {
    settings,
    async read(ask) {
      const answer = await tried(ask, async (response) => new Uint8Array(await response.arrayBuffer()))
      return { ...answer, body: answer.body ?? new Uint8Array(0) }
    },
    open: (ask) => tried(ask, async (response) => response.body),
    async presign(object, query, seconds) {
      const { url } = await sign(
        { method: 'GET', object, query: { ...query, 'X-Amz-Expires': `${seconds}` } },
        true,
      )
      return url
    },
  }
}

interface Signed {
  readonly url: string
  readonly headers: Headers
  readonly by: S3Credentials
}

type Sign = (ask: Ask, inQuery?: boolean) => Promise<Signed>

function signer({ base, region, now }: Settings, credentials: CredentialSource): Sign {
  let keys = new Map<string, ArrayBuffer>()
  let last: S3Credentials | undefined
  return async (ask, inQuery = false) => {
    const by = await credentials.get()
    if (by !== last) keys = new Map()
    last = by
    const headers = new Headers(ask.headers)
    const sha256 = ask.sha256 ?? (inQuery ? undefined : await hashOf(ask.body))
    if (sha256 !== undefined) headers.set('x-amz-content-sha256', sha256)
    const { url, headers: signed } = await new AwsV4Signer({
      method: ask.method,
      url: urlOf(base, ask),
      headers,
      service: 's3',
      region,
      cache: keys,
      datetime: new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
      signQuery: inQuery,
      accessKeyId: by.accessKeyId,
      secretAccessKey: by.secretAccessKey,
      ...(by.sessionToken !== undefined && { sessionToken: by.sessionToken }),
    }).sign()
    // Not signed, because the runtime or something on the way may change it.
    signed.set('accept-encoding', 'identity')
    if (ask.size !== undefined) signed.set('content-length', `${ask.size}`)
    return { url: url.href, headers: signed, by }
  }
}

function urlOf(base: string, { object, query = {} }: Ask): string {
  const path = object === undefined ? '' : object.split('/').map(encodeURIComponent).join('/')
  const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${base}/${path}${search.length > 0 ? `?${search.join('&')}` : ''}`
}

async function hashOf(body: Ask['body']): Promise<string> {
  if (body instanceof ReadableStream) return 'UNSIGNED-PAYLOAD'
  return encodedOf(await digestOf('sha256', body ?? new Uint8Array(0)))
}

async function tryAgain<T>(
  settings: Settings,
  credentials: CredentialSource,
  ask: Ask,
  sign: Sign,
  take: (response: Response) => Promise<T>,
): Promise<Answer & { body: T | null }> {
  const subject = { bucket: settings.bucket, origin: settings.origin, method: ask.method }
  const tries = ask.once || ask.body instanceof ReadableStream ? 0 : settings.retries
  let unsure = false
  let renewed = false
  for (let no = 0; ; no++) {
    ask.signal?.throwIfAborted()
    const signed = await sign(ask)
    const result = await attempt(settings, ask, signed, take)
    if ('answer' in result) return { ...result.answer, unsure }
    const { refusal } = result
    if (refusal && !renewed && tries > 0 && EXPIRED.includes(refusal.code) && credentials.renew(signed.by)) {
      renewed = true
      continue
    }
    const error = refusal ? refused(subject, refusal) : unreachable(subject, result.failure)
    if (refusal && !isPassing(refusal)) throw error
    if (no >= tries) throw unavailable(error)
    if (!refusal || !CONFLICT.includes(refusal.code)) unsure = true
    await settings.wait(Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** no))
  }
}

type Result<T> =
  | { readonly answer: Omit<Answer, 'unsure'> & { body: T | null } }
  | { readonly refusal: Refusal }
  | { readonly refusal?: undefined; readonly failure: unknown }

/** One try. Rejects only when the caller has given up, or its body fails. */
async function attempt<T>(
  { fetch }: Settings,
  ask: Ask,
  { url, headers }: Signed,
  take: (response: Response) => Promise<T>,
): Promise<Result<T>> {
  const stop = new AbortController()
  const give = (): void => stop.abort(ask.signal?.reason)
  ask.signal?.addEventListener('abort', give, { once: true })
  const patience = ask.patience ?? (ask.body instanceof ReadableStream ? undefined : PATIENCE)
  const late = (): void => stop.abort(new Error(`no answer within ${(patience ?? 0) / 1000} s`))
  const timer = patience === undefined ? undefined : setTimeout(late, patience)
  try {
    const response = await fetch(url, {
      method: ask.method,
      headers,
      signal: stop.signal,
      ...bodyOf(ask.body),
    })
    const answer = { status: response.status, headers: response.headers }
    if (response.ok) return { answer: { ...answer, code: '', body: await take(response) } }
    const refusal = await refusalOf(response)
    const wanted = ask.accept?.some((one) => one === refusal.code || one === refusal.status) ?? false
    return wanted ? { answer: { ...answer, code: refusal.code, body: null } } : { refusal }
  } catch (error) {
    ask.signal?.throwIfAborted()
    return { failure: stop.signal.aborted ? stop.signal.reason : error }
  } finally {
    clearTimeout(timer)
    ask.signal?.removeEventListener('abort', give)
  }
}

/**
 * How a body is given to `fetch`. That of Node keeps a second copy of a stream, all of it, for the case that it
 * has to follow a redirect, unless there are to be none and `window` is null. Workers know only `manual`.
 */
function bodyOf(body: Ask['body']): RequestInit {
  if (body === undefined) return { redirect: 'manual' }
  const bare = body instanceof ReadableStream && !('FixedLengthStream' in globalThis)
  const init = { body: body as BodyInit, duplex: 'half' }
  return bare ? { ...init, redirect: 'error', window: null } : { ...init, redirect: 'manual' }
}

async function refusalOf(response: Response): Promise<Refusal> {
  const { status } = response
  const xml = await textUpTo(response, MAX_ERROR)
  const code = textOf(xml, 'Code') ?? NAMES[status] ?? 'UnknownError'
  return { status, code, message: textOf(xml, 'Message') ?? '' }
}

/** For answers without a body, as those to HEAD. */
const NAMES: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  404: 'NotFound',
  412: 'PreconditionFailed',
}

async function textUpTo(response: Response, limit: number): Promise<string> {
  const chunks: string[] = []
  const decoder = new TextDecoder()
  let count = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(decoder.decode(chunk, { stream: true }))
    count += chunk.length
    if (count > limit) break
  }
  return chunks.join('')
}

function isPassing({ status, code }: Refusal): boolean {
  if (BUSY.includes(code) || CONFLICT.includes(code)) return true
  return status === 429 || (status >= 500 && status !== 501 && status !== 505)
}

/** Whether this is what a client is told while the store is down. Its cause says why. */
export function outageOf(error: unknown): S3Error | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'UNAVAILABLE') return undefined
  return error.cause as S3Error
}
