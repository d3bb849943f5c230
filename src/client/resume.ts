/**
 * Sending bytes to a session until they are there: after every failure the session is asked how far it is, and goes
 * on from there, never from where it ought to be.
 * @module
 */

import { blobPath, type Digest, RegistryError } from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'
import { type Core, hasCode } from './core.ts'
import { isPassing } from './errors.ts'
import { lengthOf } from './headers.ts'
import { outgoing } from './outgoing.ts'
import { discard } from './read.ts'
import { pause } from './send.ts'
import { type Chunk, type Opened, patch, pushing, put, status } from './sessions.ts'
import type { Session } from './upload-id.ts'

/** Bytes in memory that belong at `offset`. */
export interface Part {
  readonly bytes: Uint8Array
  readonly offset: number
}

/** The bytes that a session ends with. */
export interface LastPart {
  readonly bytes: Uint8Array
  /** Absent: at the end, wherever that is. */
  readonly offset?: number | undefined
  /** It is the whole blob: it needs no range. */
  readonly isWhole?: boolean
}

/** Appends a part. @throws RegistryError `RANGE_INVALID` when the session is elsewhere, before or behind the part. */
export async function append(
  core: Core,
  session: Session,
  part: Part,
  options?: CallOptions,
): Promise<Opened> {
  const end = part.offset + part.bytes.length
  let at: Session = session
  let from = part.offset
  for (let no = 0; ; no++) {
    if (no > 0) {
      const now = await status(core, at, options)
      if (now.offset === end) return now
      from = within(part, now, end)
      at = now
    }
    try {
      return await patch(core, at, { body: part.bytes.subarray(from - part.offset), offset: from }, options)
    } catch (error) {
      await orThrow(core, error, no, options)
    }
  }
}

/**
 * Ends a session. An end whose answer got lost is known by the blob.
 * @param part Null: everything is there.
 */
export async function finish(
  core: Core,
  session: Session,
  digest: Digest,
  part: LastPart | null,
  options?: CallOptions,
): Promise<void> {
  let at: Session = session
  let rest = part
  for (let no = 0; ; no++) {
    if (no > 0) {
      const now = await statusOrDone(core, at, digest, options)
      if (!now) return
      if (part) rest = restOf(part, now)
      at = now
    }
    try {
      const offset = rest?.isWhole ? undefined : rest?.offset
      const send = () => put(core, at, digest, rest && { body: rest.bytes, offset }, options)
      await (rest?.offset === undefined ? unlessBusy(core, send, options) : send())
      return
    } catch (error) {
      await orThrow(core, error, no, options)
      if (!part || part.offset !== undefined) continue
      // Nobody knows where those bytes belong: they are not sent again.
      if (await hasBlob(core, session.repo, digest, options)) return
      throw error
    }
  }
}

/** Ends a session with a stream, which can be sent once. @returns its bytes. */
export async function finishOnce(
  core: Core,
  session: Session,
  digest: Digest,
  { body, ...rest }: Chunk & { readonly body: ReadableStream<Uint8Array> },
  options?: CallOptions,
): Promise<number> {
  const stream = outgoing(body, rest.size)
  try {
    return await put(core, session, digest, { ...rest, body: stream.stream }, options)
  } catch (error) {
    const failure = stream.failure()
    if (failure !== undefined) throw failure
    // All of it is there, only the answer is not.
    if (!stream.ended() || !isPassing(error) || !(await hasBlob(core, session.repo, digest, options)))
      throw error
    return stream.sent()
  } finally {
    await stream.end()
  }
}

/**
 * Sends what names no place, and so belongs at the end wherever that is. A 416 to it says that another request is still
 * at work in the session, such as one that was broken off a moment ago: nothing was taken, so that it is sent again.
 */
export async function unlessBusy<T>(
  { settings }: Core,
  send: () => Promise<T>,
  options?: CallOptions,
): Promise<T> {
  for (let no = 0; ; no++) {
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 416 || no >= settings.tries) throw error
      await pause(settings, no, options?.signal)
    }
  }
}

/** Whether the registry has a blob, and its size as far as it says. */
export async function hasBlob(
  core: Core,
  repo: string,
  digest: Digest,
  options?: CallOptions,
): Promise<{ size: number | null } | null> {
  const url = blobPath(core.settings.nameOf(repo), digest)
  const ask = { ...pushing(core, repo, options), method: 'HEAD', url, accept: [404] }
  const { response } = await core.send(ask)
  await discard(response)
  return response.ok ? { size: lengthOf(response.headers) } : null
}

/** A session that is gone may have ended well. */
async function statusOrDone(
  core: Core,
  session: Session,
  digest: Digest,
  options?: CallOptions,
): Promise<Opened | null> {
  try {
    return await status(core, session, options)
  } catch (error) {
    if (
      !hasCode(error, 'BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID') ||
      !(await hasBlob(core, session.repo, digest, options))
    )
      throw error
    return null
  }
}

/** What is still missing; null when all of it has arrived. */
function restOf({ bytes, offset = 0 }: LastPart, now: Session): LastPart | null {
  const part = { bytes, offset }
  const end = offset + bytes.length
  if (now.offset === end) return null
  const from = within(part, now, end)
  return { bytes: part.bytes.subarray(from - part.offset), offset: from }
}

function within(part: Part, now: Session, end: number): number {
  if (now.offset >= part.offset && now.offset <= end) return now.offset
  const { offset } = now
  throw new RegistryError(
    'RANGE_INVALID',
    `the session goes on at byte ${offset}, whose bytes are not here`,
    {
      detail: { offset },
    },
  )
}

/** Waits before another try; throws what cannot pass, and what did not pass in time. */
async function orThrow({ settings }: Core, error: unknown, no: number, options?: CallOptions): Promise<void> {
  // After a failure the registry may still be busy with the chunk that failed: it refuses the next one.
  const isBusy = no > 0 && hasCode(error, 'RANGE_INVALID') && error.upload !== undefined
  if ((!isBusy && !isPassing(error)) || no >= settings.tries) throw error
  await pause(settings, no, options?.signal)
}
