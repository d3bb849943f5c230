import { markPassing } from '../body.ts'
import { RegistryError } from '../oci/index.ts'
import type { Body } from '../registry.ts'

/** How a body is taken in. */
export interface IntakeOptions {
  /** Sees every chunk before it is passed on, and keeps none. */
  onChunk?: (chunk: Uint8Array) => void | Promise<void>
  /** Bytes that were promised: one more is an error, fewer are found by {@link Intake.check}. */
  size?: number | undefined
  /** What arrived before the body broke off is to be kept: the stream then ends, and `failure` says why. */
  keepPrefix?: boolean
  /** Breaks the body off. */
  signal?: AbortSignal | undefined
}

/** A body on its way into the storage. */
export interface Intake {
  readonly stream: ReadableStream<Uint8Array>
  /** Bytes passed on so far. */
  readonly bytes: number
  /** Why the body broke off, when its prefix was kept. */
  readonly failure: unknown
  /** @throws what broke the body off, or `SIZE_INVALID` if it was shorter than promised. */
  check(): void
}

/** One loop over a body: counts, shows each chunk, and holds it to its promised size. */
export function takeIn(body: Body, { onChunk, size, keepPrefix = false, signal }: IntakeOptions): Intake {
  if (body instanceof Uint8Array && size !== undefined && body.length !== size) throw wrongSize(size)
  const source = toStream(body)
  const reader = source.getReader()
  const abort = () => void reader.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', abort)
  const settle = () => signal?.removeEventListener('abort', abort)
  let bytes = 0
  let failure: unknown
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await reader.read()
          signal?.throwIfAborted()
          if (done) {
            settle()
            return controller.close()
          }
          if (size !== undefined && bytes + value.length > size) throw wrongSize(size)
          await onChunk?.(value)
          bytes += value.length
          controller.enqueue(value)
        } catch (error) {
          failure = error
          settle()
          reader.cancel(error).catch(() => {})
          if (keepPrefix) controller.close()
          else controller.error(error)
        }
      },
      cancel(reason) {
        settle()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return {
    stream: markPassing(stream, source),
    get bytes() {
      return bytes
    },
    get failure() {
      return failure
    },
    check() {
      if (failure !== undefined) throw failure
      if (size !== undefined && bytes !== size) throw wrongSize(size)
    },
  }
}

/** Reads or cancels nothing: only gives bytes the shape of a stream. */
function toStream(body: Body): ReadableStream<Uint8Array> {
  if (!(body instanceof Uint8Array)) return body
  return new ReadableStream({
    start(controller) {
      if (body.length > 0) controller.enqueue(body)
      controller.close()
    },
  })
}

function wrongSize(size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the body does not have the ${size} bytes that were promised`, {
    detail: { expected: size },
  })
}
