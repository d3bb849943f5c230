/**
 * Streams for sessions where `fetch` sends none: cut into parts that fit into memory.
 * @module
 */

import type { Digest } from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'
import { type Core, hasCode } from './core.ts'
import { type CutPart, cut } from './cut.ts'
import { append, finish, hasBlob, unlessBusy } from './resume.ts'
import { type Opened, patch } from './sessions.ts'
import type { Session } from './upload-id.ts'

/** A stream, and where it belongs. */
export interface Streamed {
  readonly body: ReadableStream<Uint8Array>
  /** Absent: at the end. */
  readonly offset?: number | undefined
  readonly size?: number | undefined
}

/** A registry may take much at once; of a stream no more is kept in memory for that. */
export const MOST_KEPT: number = 64 * 1024 * 1024

/** Appends a stream, a part after the other. */
export async function appendInParts(
  core: Core,
  session: Session,
  streamed: Streamed,
  options?: CallOptions,
): Promise<Opened> {
  let at: Opened = session
  for await (const part of partsOf(core, streamed, options))
    at = await sent(core, at, part, streamed, options)
  return at
}

/** Ends a session with a stream. @returns its bytes. */
export async function finishInParts(
  core: Core,
  session: Session,
  digest: Digest,
  streamed: Streamed,
  options?: CallOptions,
): Promise<number> {
  let at: Session = session
  let count = 0
  for await (const part of partsOf(core, streamed, options)) {
    const { bytes, isLast } = part
    count = part.offset + bytes.length
    if (!isLast) {
      const next = await sentOrDone(core, at, part, digest, streamed, options)
      // What is repeated has ended well before.
      if (typeof next === 'number') return next - (streamed.offset ?? session.offset)
      at = next
    } else
      await finish(
        core,
        at,
        digest,
        bytes.length > 0 ? { bytes, offset: placeOf(part, streamed) } : null,
        options,
      )
  }
  return count
}

/** A session that is gone may have ended well: then the size of the blob. */
async function sentOrDone(
  core: Core,
  at: Session,
  part: CutPart,
  digest: Digest,
  streamed: Streamed,
  options?: CallOptions,
): Promise<Opened | number> {
  try {
    return await sent(core, at, part, streamed, options)
  } catch (error) {
    const isGone = hasCode(error, 'BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID')
    const size = isGone ? (await hasBlob(core, at.repo, digest, options))?.size : null
    if (size == null) throw error
    return size
  }
}

function partsOf(
  { settings }: Core,
  { body, size }: Streamed,
  options?: CallOptions,
): AsyncIterable<CutPart> {
  return cut(body, Math.min(settings.chunkSize, MOST_KEPT), size, options?.signal)
}

function sent(
  core: Core,
  at: Session,
  part: CutPart,
  streamed: Streamed,
  options?: CallOptions,
): Promise<Opened> {
  const offset = placeOf(part, streamed)
  const send = () => patch(core, at, { body: part.bytes, offset }, options)
  if (offset === undefined) return unlessBusy(core, send, options)
  if (part.bytes.length === 0) return send()
  return append(core, at, { bytes: part.bytes, offset }, options)
}

function placeOf(part: CutPart, { offset }: Streamed): number | undefined {
  return offset === undefined ? undefined : offset + part.offset
}
