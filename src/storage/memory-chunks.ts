/**
 * Runs of bytes in memory, as the chunks that they came in.
 * @module
 */

import type { Body } from '../registry.ts'
import { intake } from './intake.ts'

/** A stored run of bytes. */
export interface Part {
  readonly no: number
  readonly receipt: string
  readonly size: number
  readonly chunks: readonly Uint8Array[]
}

const READ_SIZE = 256 * 1024

/** Takes a body in; the chunks are copies. */
export async function collect(
  body: Body,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<{ chunks: Uint8Array[]; size: number }> {
  const chunks: Uint8Array[] = []
  let count = 0
  for await (const chunk of intake(body, { size, signal })) {
    chunks.push(chunk.slice())
    count += chunk.length
  }
  return { chunks, size: count }
}

/** Bytes of all parts. */
export function total(parts: readonly { readonly size: number }[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0)
}

/** The first `size` bytes. A part that reaches beyond is shortened, by which its receipt becomes void. */
export function cut(parts: readonly Part[], size: number): Part[] {
  const kept: Part[] = []
  let left = size
  for (const part of parts) {
    if (left <= 0) break
    kept.push(part.size <= left ? part : { ...part, size: left, chunks: [...spans(part.chunks, 0, left)] })
    left -= part.size
  }
  return kept
}

/** The bytes from `start` to `end`, read lazily. */
export function streamOf(
  parts: readonly Part[],
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const views = spans(
    parts.flatMap((part) => part.chunks),
    start,
    end,
  )
  let view = new Uint8Array(0) as Uint8Array
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        signal?.throwIfAborted()
        if (view.length === 0) {
          const next = views.next()
          if (next.done) return controller.close()
          view = next.value
        }
        // A copy: whoever reads may transfer or overwrite it.
        controller.enqueue(view.slice(0, READ_SIZE))
        view = view.subarray(READ_SIZE)
      },
    },
    { highWaterMark: 0 },
  )
}

/** The bytes from `start` to `end` of a row of chunks, as views. */
function* spans(chunks: Iterable<Uint8Array>, start: number, end: number): Generator<Uint8Array> {
  let at = 0
  for (const chunk of chunks) {
    if (at >= end) return
    if (at + chunk.length > start)
      yield chunk.subarray(Math.max(0, start - at), Math.min(chunk.length, end - at))
    at += chunk.length
  }
}
