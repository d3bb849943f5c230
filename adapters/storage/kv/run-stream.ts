/**
 * A part of a content as a stream.
 * @module
 */

import type { Run, Runs } from './face.ts'

/** The bytes from `start` to `end` of runs in a row. Nothing is read before the first pull. */
export function runStream(
  runs: Runs,
  place: string,
  list: readonly Run[],
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const chunks = chunksOf(runs, place, list, start, end, signal)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        signal?.throwIfAborted()
        const { done, value } = await chunks.next()
        signal?.throwIfAborted()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await chunks.return()
      },
    },
    { highWaterMark: 0 },
  )
}

async function* chunksOf(
  runs: Runs,
  place: string,
  list: readonly Run[],
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  let at = 0
  for (const run of list) {
    const [from, to] = [Math.max(0, start - at), Math.min(run.size, end - at)]
    if (from < to) yield* runs.read(place, run, from, to, signal)
    at += run.size
  }
}
