/**
 * Reading an object as a stream.
 * @module
 */

import { markPassing } from '../../../src/body.ts'
import { RegistryError } from '../../../src/oci/index.ts'
import type { Client } from './client.ts'
import { S3Error } from './errors.ts'

/** A part of an object. */
export interface Span {
  readonly offset: number
  readonly length: number
}

/** An object that was found. */
export interface Found {
  /** Bytes of the whole object. */
  readonly size: number
  stream(): ReadableStream<Uint8Array>
}

/** How long an answer waits for its reader, in milliseconds. */
const HOLD = 1_000
/** How often a stream that breaks off is taken up again. */
const MAX_RESUMES = 3

/** Bytes of an object; null if it is absent. */
export async function sizeOf(
  client: Client,
  object: string,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  const accept = ['NotFound', 'NoSuchKey']
  const answer = await client.read({ method: 'HEAD', object, accept, signal })
  return answer.status === 404 ? null : lengthOf(answer.headers)
}

/**
 * Finds an object by the request that reads it. Its answer is held for a second; a reader who comes later costs
 * another request, and one who never comes nothing.
 * @throws RangeError if the span is not within the object.
 */
export async function openObject(
  client: Client,
  object: string,
  span: Span | undefined,
  signal: AbortSignal | undefined,
): Promise<Found | null> {
  if (span && (span.offset < 0 || span.length < 0)) throw outside()
  if (span?.length === 0) return emptyPart(client, object, span.offset, signal)
  const first = await request(client, object, span, signal)
  if (first === null) return null
  const { size } = first
  const { offset, length } = span ?? { offset: 0, length: size }
  if (offset + length > size) {
    await first.body?.cancel().catch(() => {})
    throw outside()
  }
  let held: ReadableStream<Uint8Array> | undefined = first.body
  const drop = (): void => {
    held?.cancel().catch(() => {})
    held = undefined
  }
  const timer = setTimeout(drop, HOLD)
  return {
    size,
    stream() {
      clearTimeout(timer)
      const begun = held
      held = undefined
      return resuming({ client, object, etag: first.etag, signal }, begun, offset, offset + length)
    },
  }
}

async function emptyPart(
  client: Client,
  object: string,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<Found | null> {
  const size = await sizeOf(client, object, signal)
  if (size !== null && offset > size) throw outside()
  return size === null ? null : { size, stream: nothing }
}

function nothing(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() })
}

interface Opened {
  readonly size: number
  readonly etag: string
  readonly body: ReadableStream<Uint8Array>
}

async function request(
  client: Client,
  object: string,
  span: Span | undefined,
  signal: AbortSignal | undefined,
  etag?: string,
): Promise<Opened | null> {
  const headers = {
    ...(span && { range: `bytes=${span.offset}-${span.offset + span.length - 1}` }),
    ...(etag !== undefined && { 'if-match': etag }),
  }
  const accept = ['NoSuchKey', 'NotFound', 416]
  const answer = await client.open({ method: 'GET', object, headers, accept, signal })
  if (answer.status === 404) return null
  if (answer.status === 416) throw outside()
  const body = answer.body ?? nothing()
  const size = answer.status === 206 ? totalOf(answer.headers) : lengthOf(answer.headers)
  if (span && answer.status !== 206 && (span.offset > 0 || span.length !== size)) {
    await body.cancel().catch(() => {})
    throw new S3Error('NoRanges', answer.status, 'the S3 store does not answer ranges: use another')
  }
  return { size, etag: answer.headers.get('etag') ?? '', body }
}

/** What a stream is read from. */
interface Source {
  readonly client: Client
  readonly object: string
  readonly etag: string
  readonly signal: AbortSignal | undefined
}

/** The bytes from `start` to `end`: from `first` while that lasts, then from further requests. Never short. */
function resuming(
  { client, object, etag, signal }: Source,
  first: ReadableStream<Uint8Array> | undefined,
  start: number,
  end: number,
): ReadableStream<Uint8Array> {
  let at = start
  let resumes = 0
  let reader = first?.getReader()
  let cancelled = false
  const stop = (): void => void reader?.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', stop, { once: true })
  const leave = (): void => signal?.removeEventListener('abort', stop)

  const reopen = async (): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
    const again = await request(client, object, { offset: at, length: end - at }, signal, etag)
    if (again === null) throw new Error('the content was removed while it was read')
    const opened = again.body.getReader()
    if (cancelled) await opened.cancel()
    return opened
  }
  const next = async (): Promise<Uint8Array> => {
    for (;;) {
      signal?.throwIfAborted()
      reader ??= await reopen()
      const { value, failure } = await reader.read().then(
        ({ value }) => ({ value, failure: undefined }),
        (failure: unknown) => ({ value: undefined, failure }),
      )
      signal?.throwIfAborted()
      if (value !== undefined) return value
      if (cancelled) return new Uint8Array(0)
      reader = undefined
      if (++resumes > MAX_RESUMES) throw broken(failure)
    }
  }
  const whole = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (at < end) {
          try {
            const chunk = await next()
            at += chunk.length
            if (at > end)
              throw new S3Error('TooManyBytes', 200, 'the S3 store sent more bytes than were asked for')
            if (chunk.length > 0) controller.enqueue(chunk)
            if (at < end || cancelled) return
          } catch (error) {
            stop()
            leave()
            throw error
          }
        }
        stop()
        leave()
        controller.close()
      },
      async cancel(reason) {
        cancelled = true
        leave()
        await reader?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return first ? markPassing(whole, first) : whole
}

function lengthOf(headers: Headers): number {
  const length = headers.get('content-length')
  if (length === null || !/^\d+$/.test(length))
    throw new S3Error(
      'NoContentLength',
      200,
      'the S3 store gives no Content-Length: use another, or no proxy',
    )
  return Number(length)
}

function totalOf(headers: Headers): number {
  const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]
  if (total === undefined)
    throw new S3Error('NoContentRange', 206, 'the S3 store gives no Content-Range: use another')
  return Number(total)
}

function broken(cause: unknown): RegistryError {
  return new RegistryError('UNAVAILABLE', 'the storage broke off: try again later', { cause })
}

function outside(): RangeError {
  return new RangeError('range outside the content')
}
