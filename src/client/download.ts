/**
 * Bytes on their way in: verified as they pass, and gone on with where a connection broke.
 * @module
 */

import { markPassing } from '../body.ts'
import { createHasher, type Hasher } from '../hash/index.ts'
import { algorithmOf, type Descriptor, type RegistryError, type Span } from '../oci/index.ts'
import { broken, isPassing, mismatch, tooLong, unreachable } from './errors.ts'
import { contentRangeOf } from './headers.ts'
import type { Settings } from './options.ts'
import { discard, nextChunk } from './read.ts'
import { type Ask, pause, type Send } from './send.ts'

/** What is downloaded. */
export interface Download {
  readonly settings: Settings
  readonly send: Send
  /** The request for it, to be sent again from another byte on. */
  readonly ask: Ask
  readonly blob: Descriptor
  /** The bytes that are wanted; the whole is verified by its digest, a part by its length. */
  readonly span: Span
  /** The first answer. */
  readonly response: Response
  /** Bytes at its beginning that are not wanted: the answer to a range was the whole. */
  readonly skip: number
}

/** What is read of one connection after another. */
interface Progress {
  /** Bytes that have arrived. */
  have: number
  reader: ReadableStreamDefaultReader<Uint8Array> | null
  /** Bytes of this connection that are still to be left out. */
  skip: number
  /** Failures since bytes arrived last. */
  failures: number
  /** Aborted when nobody wants the rest. */
  readonly gone: AbortController
}

/**
 * The stream of a download. Its last chunk comes only when everything is verified, so that nobody takes wrong
 * bytes for a whole; then it fails with `DIGEST_INVALID` or `SIZE_INVALID`.
 */
export function streamOf(download: Download): ReadableStream<Uint8Array> {
  const { blob, response, skip } = download
  const hasher = isCut(download) ? null : createHasher(algorithmOf(blob.digest))
  const progress: Progress = {
    have: 0,
    reader: response.body?.getReader() ?? null,
    skip,
    failures: 0,
    gone: new AbortController(),
  }
  let held: Uint8Array | null = null
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    for (;;) {
      const chunk = await next(download, progress)
      if (chunk) await hasher?.update(chunk)
      const ready = held
      held = chunk
      if (!chunk) {
        await verify(hasher, blob)
        if (ready) controller.enqueue(ready)
        controller.close()
        return
      }
      if (!ready) continue
      controller.enqueue(ready)
      return
    }
  }
  const cancel = async (reason: unknown): Promise<void> => {
    progress.gone.abort(reason)
    await progress.reader?.cancel(reason).catch(() => {})
  }
  const stream = new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 })
  return response.body ? markPassing(stream, response.body) : stream
}

async function verify(hasher: Hasher | null, { digest }: Descriptor): Promise<void> {
  const found = await hasher?.digest()
  if (found !== undefined && found !== digest)
    throw mismatch('the registry sent other bytes than those of this digest', { expected: digest, found })
}

/** The next bytes that are wanted; `null` when all have come. */
async function next(download: Download, progress: Progress): Promise<Uint8Array | null> {
  const { settings, span, ask } = download
  for (;;) {
    ask.signal?.throwIfAborted()
    try {
      if (isCut(download) && progress.have === span.length) return await ended(progress)
      const chunk = wanted(download, progress, await read(progress, settings.timeout))
      if (!chunk && progress.have < span.length) throw new Error('the body ended early')
      if (chunk?.length === 0) continue
      progress.have += chunk?.length ?? 0
      progress.failures = 0
      if (progress.have > span.length) throw tooLong(settings.base.host)
      return chunk
    } catch (error) {
      ask.signal?.throwIfAborted()
      // Only the end was missing. Whether they are the right ones is seen by their digest.
      if (progress.have === span.length) return null
      await goOn(download, progress, unreachable(settings.base.host, error))
    }
  }
}

async function read({ reader }: Progress, timeout: number): Promise<Uint8Array | null> {
  return reader ? nextChunk(reader, timeout) : null
}

/** Whether only a part is wanted, which an answer may be longer than. */
function isCut({ span, blob }: Download): boolean {
  return span.length < blob.size
}

async function ended({ reader }: Progress): Promise<null> {
  await reader?.cancel().catch(() => {})
  return null
}

/** A chunk without what comes before and behind the bytes that are wanted. */
function wanted(download: Download, progress: Progress, chunk: Uint8Array | null): Uint8Array | null {
  if (!chunk) return null
  const rest = chunk.subarray(Math.min(progress.skip, chunk.length))
  progress.skip -= chunk.length - rest.length
  return isCut(download) ? rest.subarray(0, download.span.length - progress.have) : rest
}

/** Opens another connection from the first byte that is missing. */
async function goOn(download: Download, progress: Progress, error: RegistryError): Promise<void> {
  const { settings, ask, blob, span } = download
  const signal = ask.signal ? AbortSignal.any([ask.signal, progress.gone.signal]) : progress.gone.signal
  await progress.reader?.cancel().catch(() => {})
  progress.reader = null
  if (!isPassing(error) || progress.failures >= settings.tries) throw error
  await pause(settings, progress.failures++, signal)
  const first = span.offset + progress.have
  const response = await answerFrom(download, first, signal)
  const isPart = response.status === 206
  const told = contentRangeOf(response.headers)
  const isOther = isPart && (told.first !== first || (told.total ?? blob.size) !== blob.size)
  if (isOther || signal.aborted) {
    await discard(response)
    signal.throwIfAborted()
    throw broken(settings.base.host, 'answers with another range than the one that was asked for')
  }
  progress.reader = response.body?.getReader() ?? null
  progress.skip = isPart ? 0 : first
}

/** The bytes from one on; where the registry refuses to send these, the whole, of which the beginning is skipped. */
async function answerFrom(
  { send, ask, span, response }: Download,
  first: number,
  signal: AbortSignal,
): Promise<Response> {
  const etag = response.headers.get('etag')
  const headers = {
    range: `bytes=${first}-${span.offset + span.length - 1}`,
    // By digest it cannot change; the validator is for caches on the way. A weak one must not be sent.
    ...(etag?.startsWith('"') ? { 'if-range': etag } : {}),
  }
  const part = (await send({ ...ask, signal, headers, accept: [416] })).response
  if (part.status !== 416) return part
  await discard(part)
  return (await send({ ...ask, signal, headers: {} })).response
}
