/**
 * Bodies on their way out.
 * @module
 */

import { markPassing } from '../body.ts'
import { RegistryError } from '../oci/index.ts'
import type { Body } from '../registry.ts'

/** A stream that is sent once: counted, held to its size, and let go of however the request ends. */
export interface Outgoing {
  readonly stream: ReadableStream<Uint8Array>
  /** Bytes that were handed over. */
  sent(): number
  /** Whether all of it was handed over. */
  ended(): boolean
  /** When something was last taken of it, by `performance.now()`; null while it is itself what is waited for. */
  takenAt(): number | null
  /** The stream's own fault; undefined if it has none. */
  failure(): unknown
  /** Cancels what was not read. */
  end(reason?: unknown): Promise<void>
}

/**
 * Takes a stream over.
 * @param size Bytes that it must have; more or fewer are a failure, `SIZE_INVALID`.
 */
export function outgoing(body: ReadableStream<Uint8Array>, size: number | undefined): Outgoing {
  const reader = body.getReader()
  let sent = 0
  let ended = false
  let takenAt: number | null = performance.now()
  let failure: unknown
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    takenAt = null
    try {
      const { value, done } = await reader.read()
      takenAt = performance.now()
      sent += value?.length ?? 0
      if (size !== undefined && (done ? sent !== size : sent > size)) throw wrongSize(size)
      ended = done
      if (done) controller.close()
      else controller.enqueue(value)
    } catch (error) {
      failure = error ?? new Error('the body failed')
      controller.error(failure)
      await reader.cancel(failure).catch(() => {})
    }
  }
  const stream = new ReadableStream<Uint8Array>(
    { pull, cancel: (reason) => reader.cancel(reason).catch(() => {}) },
    { highWaterMark: 0 },
  )
  return {
    stream: markPassing(stream, body),
    sent: () => sent,
    ended: () => ended,
    takenAt: () => takenAt,
    failure: () => failure,
    end: async (reason) => {
      if (!ended) await reader.cancel(reason).catch(() => {})
    },
  }
}

/** Bytes at hand must have the size that is said of them. @throws RegistryError `SIZE_INVALID`. */
export function checkSize(body: Body, size: number | undefined): void {
  if (body instanceof Uint8Array && size !== undefined && body.length !== size) throw wrongSize(size)
}

function wrongSize(size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the body does not have the ${size} bytes that were announced`)
}

/**
 * How a stream is given to `fetch`. That of Node keeps a second copy of all of it, to send it again after a
 * redirect, unless there are to be none and `window` is null. Workers know no `error`.
 */
export function streamInit(stream: ReadableStream<Uint8Array>): RequestInit {
  const init = { body: stream as BodyInit, duplex: 'half' }
  return canRefuseRedirects() ? { ...init, redirect: 'error', window: null } : { ...init, redirect: 'manual' }
}

let refuses: boolean | undefined
function canRefuseRedirects(): boolean {
  if (refuses !== undefined) return refuses
  try {
    refuses = new Request('http://localhost/', { redirect: 'error' }).redirect === 'error'
  } catch {
    refuses = false
  }
  return refuses
}
