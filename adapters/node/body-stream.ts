import type { IncomingMessage } from 'node:http'

/** Chunks that may wait for a slow reader before the socket is paused. */
const AHEAD = 4

/**
 * A request's body as a web stream, without a copy of each chunk. Nothing is asked of the client before the
 * first read. A body that breaks off is an error, never an end. What is not read is left to the answer.
 */
export function bodyStream(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let over = false
  return new ReadableStream<Uint8Array>(
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
}
