/**
 * Answers that are small enough to be read whole: asked for again when they break off.
 * @module
 */

import type { Core } from './core.ts'
import { isPassing, unreachable } from './errors.ts'
import { lengthOf } from './headers.ts'
import { discard, readUpTo } from './read.ts'
import { type Answer, type Ask, pause } from './send.ts'

/** An answer with its body. */
export interface WholeAnswer extends Answer {
  /** `null` when there are more than the limit, or when the body was not wanted. */
  readonly bytes: Uint8Array | null
}

/**
 * Sends a request and reads its answer.
 * @param isWanted Whether the body of an answer is to be read; by default of each.
 */
export async function sendForWhole(
  { settings, send }: Core,
  ask: Ask,
  limit: number,
  isWanted: (response: Response) => boolean = () => true,
): Promise<WholeAnswer> {
  for (let no = 0; ; no++) {
    const answer = await send(ask)
    const { response } = answer
    const length = lengthOf(response.headers)
    if (!isWanted(response) || (length !== null && length > limit)) {
      await discard(response)
      return { ...answer, bytes: null }
    }
    try {
      const bytes = await readUpTo(response.body, limit, settings.timeout)
      ask.signal?.throwIfAborted()
      if (bytes && length !== null && bytes.length !== length) throw new Error('the body ended early')
      return { ...answer, bytes }
    } catch (error) {
      ask.signal?.throwIfAborted()
      const failure = unreachable(settings.base.host, error)
      if (!isPassing(failure) || no >= settings.tries) throw failure
      await pause(settings, no, ask.signal)
    }
  }
}
