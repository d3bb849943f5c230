import type { IncomingMessage } from 'node:http'
import { markOwned } from '../../src/body.ts'

/** Chunks that may wait for a slow reader before the socket is paused. */
const AHEAD = 4

/**
 * A request's body as a web stream, without a copy of each chunk. Nothing is asked of the client before the
 * first read. A body that breaks off is an error, never an end. What is not read is left to the answer. Node
 * makes a buffer for every chunk, which nobody else gets to see.
 */
export function bodyStream(incoming: IncomingMessage): ReadableStream<Uint8Array> {
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
        incoming.once('close', () => fail(new Error('the client went away')))
      },
      pull() {
        if (incoming.destroyed && !incoming.complete) throw new Error('the client went away')
        incoming.resume()
      },
      cancel() {
        over = true
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
