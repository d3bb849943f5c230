import { algorithmOf, type Digest } from '../oci/index.ts'
import { createHasher } from './hasher.ts'

/**
 * The same bytes, checked as they pass: the last chunk comes only when all of them have this digest, so that nobody takes
 * wrong bytes for the whole.
 *
 * @param wrong The error of the stream if they do not.
 */
export function verified(
  stream: ReadableStream<Uint8Array>,
  digest: Digest,
  wrong: () => Error,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  const hasher = createHasher(algorithmOf(digest))
  let held: Uint8Array | null = null
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const { value, done } = await reader.read()
          const ready = held
          if (done) {
            if ((await hasher.digest()) !== digest) throw wrong()
            if (ready) controller.enqueue(ready)
            controller.close()
            return
          }
          await hasher.update(value)
          held = value
          if (!ready) continue
          controller.enqueue(ready)
          return
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
