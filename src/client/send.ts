/**
 * One request to the registry: authorised, sent again while that can help and can do no harm, redirected where
 * that is safe. Whatever is not an answer to it is thrown as an error.
 * @module
 */

import { type Authorizer, mergeScopes } from '../auth/client/index.ts'
import type { ErrorCode, RegistryError } from '../oci/index.ts'
import type { Context } from '../registry.ts'
import { broken, errorOf, isPassing, unreachable } from './errors.ts'
import { retryAfter } from './headers.ts'
import type { Settings } from './options.ts'
import { outgoing } from './outgoing.ts'
import { discard } from './read.ts'
import { type Parcel, request } from './request.ts'
import { redirected, targetOf } from './urls.ts'

/** One request. */
export interface Ask {
  readonly method: string
  /** A path below the registry's root, as text; or a URL. */
  readonly url: string | URL
  /** The rights that it needs. */
  readonly scopes?: readonly string[]
  /** What it is about, for credentials of parts of a host. */
  readonly repository?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes can be sent again; a stream cannot. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array> | undefined
  /** Bytes of a stream. */
  readonly size?: number | undefined
  /** Statuses beside 2xx that are answers. */
  readonly accept?: readonly number[]
  /** False: what may have taken effect is not sent again. */
  readonly repeatable?: boolean
  /** The registry may take long to answer. */
  readonly slow?: boolean
  /** What a 404 means. */
  readonly unknown?: ErrorCode
  readonly signal?: AbortSignal | undefined
  readonly context?: Context | undefined
}

/** What came of a request. Its body is still to be read or cancelled. */
export interface Answer {
  readonly response: Response
  /** Where it came from in the end. */
  readonly url: URL
  /** Bytes of its body. */
  readonly sent: number
}

/** Sends requests. @throws RegistryError for anything but an answer; the caller's reason when its signal fires. */
export type Send = (ask: Ask) => Promise<Answer>

const MAX_REDIRECTS = 10
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
/** A request with what it takes to send it. */
interface Job extends Parcel {
  readonly authorizer: Authorizer
}

/** Makes what all requests of a client go through. */
export function sender(settings: Settings, authorizer: Authorizer): Send {
  /** Whether something was written already, so that the registry has asked for what it wants to see. */
  let isKnown = false
  const meet = async (ask: Ask): Promise<void> => {
    const hello = {
      ...ask,
      method: 'GET',
      url: '/v2/',
      body: undefined,
      headers: {},
      accept: [401, 403, 404],
      repeatable: true,
    }
    await discard((await again({ settings, authorizer, ask: hello, body: undefined })).response)
  }
  return async (ask) => {
    ask.signal?.throwIfAborted()
    const { body, size } = ask
    if (!(body instanceof ReadableStream)) {
      isKnown ||= !['GET', 'HEAD'].includes(ask.method)
      return again({ settings, authorizer, ask, body })
    }
    const stream = outgoing(body, size)
    try {
      // A session of another process: a stream that is refused for want of credentials would be lost.
      if (!isKnown) await meet(ask)
      isKnown = true
      const answer = await again({ settings, authorizer, ask, body: stream })
      if (stream.failure() === undefined) return answer
      // Workers take a body that fails for one that ends: the registry may have been content with it.
      await discard(answer.response)
      throw stream.failure()
    } catch (error) {
      throw stream.failure() ?? error
    } finally {
      await stream.end()
    }
  }
}

/** What may have been left undone is tried again; the wait grows, and is random so that not all come at once. */
export async function pause(
  { firstDelay, maxDelay }: Settings,
  no: number,
  signal: AbortSignal | undefined,
  least = 0,
): Promise<void> {
  signal?.throwIfAborted()
  const delay = least + Math.min(maxDelay, firstDelay * 2 ** no) * Math.random()
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, delay)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

async function again(job: Job): Promise<Answer> {
  const { settings, ask, body } = job
  let isUnsure = false
  for (let no = 0; ; no++) {
    const result = await outcome(job, isUnsure)
    if (result.response)
      return { ...result, sent: body instanceof Uint8Array ? body.length : (body?.sent() ?? 0) }
    const { error, wait } = result
    if (no >= settings.tries || wait > settings.maxDelay || !mayRepeat(job, error)) throw error
    isUnsure ||= error.status !== 429
    await pause(settings, no, ask.signal, wait)
  }
}

/** A stream is gone once it was sent; and 429 alone says that nothing was done. */
function mayRepeat({ ask, body }: Job, error: RegistryError): boolean {
  if (body && !(body instanceof Uint8Array)) return false
  return isPassing(error) && (ask.repeatable !== false || error.status === 429)
}

type Result =
  | { readonly response: Response; readonly url: URL }
  | { readonly response?: undefined; readonly error: RegistryError; readonly wait: number }

/** An answer, or an error that may pass. Rejects only for the caller's own reasons. */
async function outcome(job: Job, isUnsure: boolean): Promise<Result> {
  const { settings, ask } = job
  const { timeout, base } = settings
  try {
    const { response, url } = await attempt(job)
    // What was perhaps deleted before, and is not there now, is deleted.
    const isGone = isUnsure && ask.method === 'DELETE' && response.status === 404
    if (response.ok || isGone || ask.accept?.includes(response.status)) return { response, url }
    const wait = retryAfter(response.headers, Date.now()) ?? 0
    return { error: await errorOf(response, { host: base.host, unknown: ask.unknown, timeout }), wait }
  } catch (error) {
    ask.signal?.throwIfAborted()
    const failure = unreachable(base.host, error)
    return { error: failure, wait: retryAfter(new Headers(failure.headers), Date.now()) ?? 0 }
  }
}

/** One try, with what a refusal and redirects lead to. */
async function attempt(job: Job): Promise<{ response: Response; url: URL }> {
  const { settings, authorizer, ask, body } = job
  const { scopes = [], repository, signal } = ask
  const purpose = {
    scopes: mergeScopes(scopes),
    ...(repository === undefined ? {} : { repository }),
    ...(signal ? { signal } : {}),
  }
  const start = targetOf(settings, ask.url)
  let url = start
  let shown = await authorizer.header(purpose)
  let isRenewed = false
  for (let hops = 0; ; ) {
    const isHome = url.origin === settings.base.origin
    const response = await request(job, url, isHome ? shown : null)
    const location = REDIRECTS.includes(response.status) ? response.headers.get('location') : null
    if (location !== null) {
      await discard(response)
      if (++hops > MAX_REDIRECTS) throw broken(settings.base.host, 'redirects without end')
      if (body && !(body instanceof Uint8Array) && body.sent() > 0)
        throw broken(settings.base.host, 'redirects an upload that has begun')
      url = redirected(settings, url, location)
      continue
    }
    const isRefused = isHome && (response.status === 401 || response.status === 403)
    const next = isRefused && !isRenewed ? await authorizer.renew(response, shown, purpose) : null
    if (next === null || (body && !(body instanceof Uint8Array))) return { response, url }
    await discard(response)
    isRenewed = true
    shown = next
    url = start
  }
}
