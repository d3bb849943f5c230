/**
 * How long a client may be silent. Deno itself waits for ever.
 * @module
 */

import { type ChunkReader, chunkReader } from './chunks.ts'

/** Runs while it is the client's turn. */
interface Clock {
  /** It is the client's turn, from now on. */
  start(): void
  /** It is not. */
  stop(): void
  /** There are no more turns. */
  end(): void
}

/**
 * One timer for all turns: to set one for each chunk would cost more than the chunk.
 * @param silence Milliseconds; 0 for ever.
 */
function clock(silence: number, onSilence: () => void): Clock {
  let since: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    timer = undefined
    if (since === undefined) return
    const left = silence - (performance.now() - since)
    if (left > 0) timer = setTimeout(look, left)
    else onSilence()
  }
  return {
    start() {
      since = performance.now()
      if (silence > 0) timer ??= setTimeout(look, silence)
    },
    stop() {
      since = undefined
    },
    end() {
      since = undefined
      clearTimeout(timer)
    },
  }
}

/** How a body is received. */
export interface Receiving {
  /** The client may not send for so long, in milliseconds; 0 for ever. */
  readonly silence: number
  /** Bytes that a read may bring. */
  readonly readSize: number
  /** Is told when the client has fallen silent. */
  onSilence(): void
}

/** The body of a request, until the client falls silent: then it fails. */
export function received(
  body: ReadableStream<Uint8Array>,
  { silence, readSize, onSilence }: Receiving,
): ReadableStream<Uint8Array> {
  // Not before the first read: whoever never reads leaves the body to Deno.
  let reader: ChunkReader | undefined
  let silent = false
  const turn = clock(silence, () => {
    silent = true
    onSilence()
    // The read that waits ends.
    reader?.cancel().catch(() => {})
  })
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= chunkReader(body, readSize)
        turn.start()
        try {
          const chunk = await reader.read()
          if (silent) throw new Error('the client has fallen silent')
          turn.stop()
          if (chunk) return controller.enqueue(chunk)
          turn.end()
          controller.close()
        } catch (error) {
          turn.end()
          throw error
        }
      },
      cancel(reason) {
        turn.end()
        return (reader ?? body).cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** When an answer is given up. */
export interface Limits {
  /** The client has not read for so long, in milliseconds; 0 for ever. */
  readonly silence: number
  /** The server ends. */
  readonly cut: AbortSignal
}

/** The body of an answer, until it is given up: then it fails. */
export function sent(body: ReadableStream<Uint8Array>, { silence, cut }: Limits): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let fail: (why: string) => void = () => {}
  const turn = clock(silence, () => fail('the client does not read'))
  const end = () => fail('the server ends')
  const settle = () => {
    turn.end()
    cut.removeEventListener('abort', end)
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        fail = (why) => {
          settle()
          const error = new Error(why)
          controller.error(error)
          reader.cancel(error).catch(() => {})
        }
        cut.addEventListener('abort', end)
      },
      async pull(controller) {
        turn.stop()
        try {
          const { done, value } = await reader.read()
          if (!done) {
            controller.enqueue(value)
            return turn.start()
          }
          settle()
          controller.close()
        } catch (error) {
          settle()
          throw error
        }
      },
      cancel(reason) {
        settle()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
