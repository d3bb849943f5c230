/**
 * Bytes in Cloudflare KV: a run is one value.
 * @module
 */

import type { Body } from '../../../src/registry.ts'
import type { PieceRules } from '../../../src/storage/contract.ts'
import { gather, intake } from '../../../src/storage/intake.ts'
import type { KvNamespace } from './cloudflare-types.ts'
import type { Runs } from './face.ts'

const MIB = 1024 * 1024
/** Shorter than KV wants them: whoever reads a range has to skip what comes before it in its value. */
const PIECES: PieceRules = { min: 1, max: 8 * MIB, count: 10_000, equal: false, sized: true }
/** Longest value (https://developers.cloudflare.com/kv/platform/limits/). */
const MAX_VALUE = 25 * MIB
/** A Worker has at most 6 connections open at a time. */
const AT_ONCE = 6
/** How much of a value is read at a time, in bytes: by itself workerd gives 4 KiB, and each chunk has its price. */
const CHUNK = 128 * 1024

/** Cloudflare's stream that gives exactly so many bytes, or fails. */
type FixedLengthStreamClass = new (length: number) => TransformStream<Uint8Array, Uint8Array>

/** Runs in a namespace, below `prefix`. */
export function cloudflareRuns(kv: KvNamespace, prefix: string): Runs {
  const keyOf = (place: string, receipt: string): string => `${prefix}${place}/${receipt}`
  const erase = async (keys: readonly string[]): Promise<void> => {
    for (let at = 0; at < keys.length; at += AT_ONCE)
      await Promise.all(keys.slice(at, at + AT_ONCE).map((key) => kv.delete(key)))
  }
  return {
    pieces: PIECES,
    max: MAX_VALUE,
    async write(place, receipt, body, size = (body as Uint8Array).length, signal) {
      if (size === 0) for await (const _ of intake(body, { size, signal }));
      else await put(kv, keyOf(place, receipt), body, size, signal)
      return size
    },
    async *read(place, { receipt }, start, end, signal) {
      const value = await kv.get(keyOf(place, receipt), { type: 'stream' })
      if (!value) throw new Error('bytes of this content are missing, or have not got here yet')
      const reader = chunksOf(value)
      const stop = (): void => void reader.cancel().catch(() => {})
      signal?.addEventListener('abort', stop, { once: true })
      try {
        for (let at = 0; at < end; ) {
          signal?.throwIfAborted()
          const { done, value } = await reader.next()
          signal?.throwIfAborted()
          if (done) throw new Error('bytes of this content are missing')
          const part = value.subarray(Math.max(0, start - at), end - at)
          at += value.length
          if (part.length > 0) yield part
        }
      } finally {
        signal?.removeEventListener('abort', stop)
        stop()
      }
    },
    remove: (place, runs) => erase(runs.map(({ receipt }) => keyOf(place, receipt))),
    async clear(place) {
      const start = keyOf(place, '')
      for (let cursor: string | undefined; ; ) {
        const page = await kv.list({ prefix: start, ...(cursor === undefined ? {} : { cursor }) })
        // What lies deeper belongs to another place.
        const names = page.keys.map(({ name }) => name)
        await erase(names.filter((name) => !name.slice(start.length).includes('/')))
        if (page.list_complete) return
        cursor = page.cursor
      }
    },
  }
}

/** Hands a body to KV as it comes in where the runtime can, and holds it to its size. Nothing stays of one that fails. */
async function put(
  kv: KvNamespace,
  key: string,
  body: Body,
  size: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const Fixed = (globalThis as { FixedLengthStream?: FixedLengthStreamClass }).FixedLengthStream
  // Bytes at hand, or a runtime that is not Cloudflare's.
  if (body instanceof Uint8Array || !Fixed) return kv.put(key, await gather(body, { size, signal }))
  const { readable, writable } = new Fixed(size)
  const writer = writable.getWriter()
  const stored = kv.put(key, readable)
  // KV may give up first; then nobody takes the next chunk.
  const refused = stored.then(() => new Promise<never>(() => {}))
  refused.catch(() => {})
  try {
    for await (const chunk of intake(body, { size, signal }))
      await Promise.race([writer.write(chunk), refused])
    await Promise.race([writer.close(), refused])
    await stored
  } catch (error) {
    await writer.abort(error).catch(() => {})
    await stored.then(
      () => kv.delete(key),
      () => {},
    )
    throw error
  }
}

/** A value, one chunk after the other. */
interface Chunks {
  next(): Promise<ReadableStreamReadResult<Uint8Array>>
  cancel(): Promise<void>
}

/** Cloudflare's reader that fills what it is given. */
interface FillingReader {
  readAtLeast(least: number, view: Uint8Array): Promise<ReadableStreamReadResult<Uint8Array>>
  cancel(): Promise<void>
}

function chunksOf(value: ReadableStream<Uint8Array>): Chunks {
  const filling = fillingReader(value)
  if (filling) {
    return {
      next: () => filling.readAtLeast(CHUNK, new Uint8Array(CHUNK)),
      cancel: () => filling.cancel(),
    }
  }
  const reader = value.getReader()
  return { next: () => reader.read(), cancel: () => reader.cancel() }
}

/** `null` for a stream that was made in JavaScript, whose chunks are as they are. */
function fillingReader(value: ReadableStream<Uint8Array>): FillingReader | null {
  try {
    const reader = value.getReader({ mode: 'byob' }) as unknown as FillingReader & { releaseLock(): void }
    if (typeof reader.readAtLeast === 'function') return reader
    reader.releaseLock()
  } catch {}
  return null
}
