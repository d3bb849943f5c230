import type { IncomingMessage } from 'node:http'
import { markOwned } from '../../src/body.ts'

/** Chunks that may wait for a slow reader before the socket is paused. */
const AHEAD = 4
const GONE = 'the other side went away'

/**
 * The body of a request, or of an answer, as a web stream, without a copy of each chunk. Nothing is asked of the other
 * side before the first read. A body that breaks off is an error, never an end. Node makes a buffer for every chunk,
 * which nobody else gets to see.
 * @param leave What is done when nobody wants the rest. Default: it is left to the answer.
 */
export function bodyStream(
  incoming: IncomingMessage,
  leave: () => void = () => {},
): ReadableStream<Uint8Array> {
  let over = false
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (error: Error) => {
          if (!over) controller.error(error)
          over = true
        }
        // Listening would set it flowing.
        incoming.pause()
        incoming.on('data', (chunk: Uint8Array) => {
          if (over) return
          controller.enqueue(chunk)
          if (controller.desiredSize! < -AHEAD) incoming.pause()
        })
        incoming.once('end', () => {
          if (!over) controller.close()
          over = true
        })
        incoming.once('error', fail)
        incoming.once('close', () => fail(new Error(GONE)))
      },
      pull() {
        if (incoming.destroyed && !incoming.complete) throw new Error(GONE)
        incoming.resume()
      },
      cancel() {
        over = true
        leave()
      },
    },
    { highWaterMark: 0 },
  )
  return markOwned(stream, release)
}

/** Detaching frees at once. Older versions of Node cannot. */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer?.(0)
}
