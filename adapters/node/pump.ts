import type { OutgoingMessage } from 'node:http'
import { releaseOf } from '../../src/body.ts'

/**
 * Writes a body into a message, as fast as it is taken, and not its end. A body that is not written to its end is
 * cancelled. Chunks that nobody else has are freed once they are written: left to the garbage collector, they make it
 * run for every few megabytes.
 * @throws what the body fails with. A message that is closed ends it without an error.
 */
export async function pump(body: ReadableStream<Uint8Array>, outgoing: OutgoingMessage): Promise<void> {
  const release = releaseOf(body)
  const reader = body.getReader()
  // A reader that is gone never drains, and a body may wait for ever: closing has to end both.
  let wake = () => {}
  const onDrain = () => wake()
  const onClose = () => {
    wake()
    reader.cancel().catch(() => {})
  }
  outgoing.once('close', onClose)
  outgoing.on('drain', onDrain)
  try {
    while (!outgoing.destroyed) {
      const { done, value } = await reader.read()
      if (done) break
      const written = release && ((error: Error | null | undefined) => error ?? release(value))
      if (!outgoing.write(value, written) && !outgoing.destroyed) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    outgoing.off('close', onClose)
    outgoing.off('drain', onDrain)
    reader.cancel().catch(() => {})
  }
}
