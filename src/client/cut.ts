/**
 * Cutting a body into parts that fit into memory.
 * @module
 */

import { concatBytes } from '@noble/hashes/utils.js'
import { RegistryError } from '../oci/index.ts'
import type { Body } from '../registry.ts'
import type { Part } from './resume.ts'

/** A part; the last one may be empty only if the body is. */
export interface CutPart extends Part {
  readonly isLast: boolean
}

/**
 * Cuts a body into parts of `length` bytes, and a last one of at most that. One part is in memory at a time.
 * @param size Bytes that the body must have. Otherwise `SIZE_INVALID`, before the last part.
 */
export async function* cut(
  body: Body,
  length: number,
  size: number | undefined,
  signal?: AbortSignal,
): AsyncGenerator<CutPart, void, void> {
  if (body instanceof Uint8Array) {
    yield* slices(body, length)
    return
  }
  const reader = body.getReader()
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', stop, { once: true })
  try {
    yield* parts(reader, length, size, signal)
  } finally {
    signal?.removeEventListener('abort', stop)
    await reader.cancel().catch(() => {})
  }
}

function* slices(bytes: Uint8Array, length: number): Generator<CutPart, void, void> {
  for (let offset = 0; ; offset += length) {
    const isLast = bytes.length - offset <= length
    yield { bytes: bytes.subarray(offset, offset + length), offset, isLast }
    if (isLast) return
  }
}

/** Shorter chunks are put together: a million of one byte each would take a hundred times their bytes. */
const SMALL = 16 * 1024

/** Adds a chunk to those that are held; short ones are put together with their like, so that none is copied often. */
export function hold(held: Uint8Array[], chunk: Uint8Array): void {
  let last = chunk
  for (let before = held.at(-1); before && before.length < SMALL && before.length <= last.length; ) {
    last = concatBytes(before, last)
    held.pop()
    before = held.at(-1)
  }
  held.push(last)
}

async function* parts(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  length: number,
  size: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<CutPart, void, void> {
  let held: Uint8Array[] = []
  let count = 0
  let offset = 0
  for (;;) {
    const { value, done } = await reader.read()
    signal?.throwIfAborted()
    count += value?.length ?? 0
    const total = offset + count
    if (size !== undefined && (done ? total !== size : total > size))
      throw new RegistryError('SIZE_INVALID', `the body does not have the ${size} bytes that were announced`)
    if (value?.length) hold(held, value)
    // Only what more follows is no last part.
    while (count > length) {
      const bytes = held.length === 1 ? held[0]! : concatBytes(...held)
      yield { bytes: bytes.subarray(0, length), offset, isLast: false }
      offset += length
      count -= length
      held = [bytes.subarray(length)]
    }
    if (!done) continue
    yield { bytes: concatBytes(...held), offset, isLast: true }
    return
  }
}
