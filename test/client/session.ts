/**
 * A registry of one upload session.
 * @module
 */

import { type Answer, refusal, reply, type Sent } from './wire.ts'

/** One upload session, which loses answers and bytes when it is told to. */
export function session(
  trouble: (sent: Sent, no: number) => Answer | 'lost' | undefined = () => undefined,
  hints = {},
) {
  let stored = 0
  let done = false
  let version = 0
  const state = () => ({
    location: `/v2/a/blobs/uploads/1?_state=${++version}%2F`,
    range: `0-${Math.max(0, stored - 1)}`,
  })
  return (sent: Sent, no: number): Answer => {
    const answer = trouble(sent, no)
    if (answer !== undefined && answer !== 'lost') return answer
    const reply_ = (() => {
      const { method, body, headers } = sent
      if (method === 'HEAD') return reply(done ? 200 : 404, { 'content-length': String(stored) })
      if (method === 'POST') return reply(202, { ...state(), ...hints })
      if (method === 'GET') return done ? refusal(404, 'BLOB_UPLOAD_UNKNOWN') : reply(204, state())
      if (method === 'DELETE') return reply(204)
      const first = Number(/^(\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? stored)
      if (first !== stored) return reply(416, state())
      stored += body.length
      done = method === 'PUT'
      return done ? reply(201) : reply(202, state())
    })()
    return answer === 'lost' ? new TypeError('other side closed') : reply_
  }
}

/** Methods and lengths of what was written to it. */
export const sizesOf = (sent: readonly Sent[]) =>
  sent
    .filter(({ method }) => method === 'PATCH' || method === 'PUT')
    .map(({ method, body }) => `${method} ${body.length}`)
