/**
 * One request, once.
 * @module
 */

import { warningsIn } from './headers.ts'
import type { Settings } from './options.ts'
import { type Outgoing, streamInit } from './outgoing.ts'
import { discard } from './read.ts'
import type { Ask } from './send.ts'

/** What ends a large upload may take the registry long: it may read all of it again. */
const SLOW = 10
/** Bytes in a millisecond that a connection is trusted to send, at the very least. */
const SLOWEST = 16

/** A request with its body. */
export interface Parcel {
  readonly settings: Settings
  readonly ask: Ask
  readonly body: Uint8Array | Outgoing | undefined
}

/** Sends a request once, and tells the warnings of its answer. Rejects when none begins in time. */
export async function request(parcel: Parcel, url: URL, authorization: string | null): Promise<Response> {
  const { settings, ask, body } = parcel
  const stop = new AbortController()
  const init: RequestInit = {
    method: ask.method,
    headers: headersOf(parcel, url, authorization),
    signal: ask.signal ? AbortSignal.any([ask.signal, stop.signal]) : stop.signal,
    redirect: 'manual',
    ...(body instanceof Uint8Array ? { body: body as Uint8Array<ArrayBuffer> } : {}),
    ...(body && !(body instanceof Uint8Array) ? streamInit(body.stream) : {}),
  }
  const leave = watch(parcel, stop)
  try {
    const response = await settings.fetch(url.href, init)
    if (ask.signal?.aborted) await discard(response)
    ask.signal?.throwIfAborted()
    tellWarnings(parcel, response)
    // Browsers do not show where a redirect leads: they follow it themselves, without credentials.
    if (response.type !== 'opaqueredirect') return response
    return await settings.fetch(url.href, { ...init, redirect: 'follow' })
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error
  } finally {
    leave()
  }
}

/**
 * Stops a request whose answer does not begin in time. A stream takes what it takes, as long as it is taken.
 * @returns What ends the watch.
 */
function watch(parcel: Parcel, stop: AbortController): () => void {
  const { settings, body } = parcel
  const late = (): void => stop.abort(new Error(`no answer within ${patienceOf(parcel) / 1000} s`))
  if (!body || body instanceof Uint8Array) {
    const timer = setTimeout(late, patienceOf(parcel))
    return () => clearTimeout(timer)
  }
  const look = (): void => {
    const takenAt = body.takenAt()
    if (takenAt !== null && performance.now() - takenAt > patienceOf(parcel)) late()
  }
  const timer = setInterval(look, settings.timeout / 4)
  return () => clearInterval(timer)
}

/** Milliseconds until an answer has to begin, from what was sent last. */
function patienceOf({ settings: { timeout }, ask, body }: Parcel): number {
  const sent = body instanceof Uint8Array ? body.length : (body?.sent() ?? 0)
  return timeout * (ask.slow ? SLOW : 1) + sent / SLOWEST
}

/** Those of the caller that are secrets are for the registry only, as its credentials are. */
const SECRET: readonly string[] = ['authorization', 'cookie']

function headersOf({ settings, ask, body }: Parcel, { origin }: URL, authorization: string | null): Headers {
  const headers = new Headers({ 'accept-encoding': 'identity', ...ask.headers })
  if (origin !== settings.base.origin) for (const name of SECRET) headers.delete(name)
  if (settings.userAgent !== '') headers.set('user-agent', settings.userAgent)
  if (authorization !== null) headers.set('authorization', authorization)
  const isBare = ask.method === 'GET' || ask.method === 'HEAD'
  const length = body instanceof Uint8Array ? body.length : body ? ask.size : isBare ? undefined : 0
  if (length !== undefined) headers.set('content-length', String(length))
  return headers
}

function tellWarnings({ settings: { onWarning }, ask: { context } }: Parcel, { headers }: Response): void {
  if (!headers.has('warning')) return
  for (const text of warningsIn(headers)) {
    onWarning?.(text)
    context?.warn(text)
  }
}
