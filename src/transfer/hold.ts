/**
 * The bytes of a body that may have to be sent again.
 * @module
 */

import { releaseOf } from '../body.ts'
import { RegistryError } from '../oci/index.ts'

/** Some bytes of a body in memory: those that were sent last, or are sent next. */
export interface Hold {
  /** Where they begin. */
  offset(): number
  /**
   * So many bytes from there on, or all that is left of the body. They are in memory once, and while more are read twice.
   * @throws RegistryError `SIZE_INVALID`, before the last bytes, for a body of another size; what the body fails with.
   */
  fill(length: number): Promise<Uint8Array>
  /** Forgets the bytes before `offset`. @throws RegistryError `RANGE_INVALID` if the bytes from there on are not here. */
  moveTo(offset: number): void
  /** The body, of which nothing may have been read. */
  whole(): ReadableStream<Uint8Array>
  /** Cancels what was not read. */
  end(): Promise<void>
}

/** Holds bytes of a body of `size` bytes. */
export function holdOf(body: ReadableStream<Uint8Array>, size: number): Hold {
  const release = releaseOf(body)
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let held: Uint8Array = new Uint8Array()
  let offset = 0
  /** The chunk that came last, and how much of it was taken. */
  let chunk: Uint8Array = new Uint8Array()
  let taken = 0

  /** Whether there are bytes in the chunk. */
  const next = async (): Promise<boolean> => {
    while (taken === chunk.length) {
      if (taken > 0) release?.(chunk)
      reader ??= body.getReader()
      const { value, done } = await reader.read()
      ;[chunk, taken] = [value ?? new Uint8Array(), 0]
      if (done) return false
    }
    return true
  }
  const read = async (length: number): Promise<void> => {
    const bytes = new Uint8Array(length)
    bytes.set(held)
    for (let at = held.length; at < length; ) {
      if (!(await next())) throw wrongSize(size)
      const part = chunk.subarray(taken, taken + length - at)
      bytes.set(part, at)
      at += part.length
      taken += part.length
    }
    // The end, too: a body may fail there for what its bytes were.
    if (offset + length === size && (await next())) throw wrongSize(size)
    held = bytes
  }
  return {
    offset: () => offset,
    async fill(length) {
      const wanted = Math.min(length, size - offset)
      if (wanted > held.length || (reader === undefined && size === 0)) await read(wanted)
      return held.subarray(0, wanted)
    },
    moveTo(to) {
      if (to < offset || to > offset + held.length)
        throw new RegistryError(
          'RANGE_INVALID',
          `the session goes on at byte ${to}, whose bytes are not here`,
          {
            status: 502,
            detail: { offset: to },
          },
        )
      held = held.subarray(to - offset)
      offset = to
    },
    whole: () => body,
    async end() {
      if (reader) await reader.cancel().catch(() => {})
      else if (!body.locked) await body.cancel().catch(() => {})
    },
  }
}

function wrongSize(size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the body does not have the ${size} bytes that were announced`)
}
