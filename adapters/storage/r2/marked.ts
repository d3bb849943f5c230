/**
 * Removing on condition, where the store cannot.
 *
 * A record is replaced by an empty marker, under the condition, and then deleted. Everybody takes a marker as
 * absent, and nobody writes over one: whoever wants to waits until it is gone, for the delete that follows
 * would take the new record away. A process may die between the two steps, so a marker that is older than
 * {@link WAIT} is dead and may be replaced.
 *
 * That is safe if no delete takes effect after {@link WAIT}: it is sent within {@link SEND_WITHIN} of the marker or
 * not at all, which leaves it 55 seconds. That R2 holds to this is an assumption; a model checker found no other.
 * @module
 */

import { paced } from './errors.ts'
import type { Space } from './r2.ts'
import type { R2Conditional, R2Object, R2PutOptions } from './types.ts'

/** How old a marker must be to be dead, in milliseconds. */
const WAIT = 60_000
/** How long after the marker a delete may still be sent, in milliseconds. */
const SEND_WITHIN = 5_000
/** How long a delete is waited for, in milliseconds. */
const DELETE_LIMIT = 30_000
/** Pauses of a writer that met a marker grow from the first to the second, in milliseconds. */
const PAUSES = [50, 5_000] as const

const EMPTY = new Uint8Array()
/** R2's entity tag of a marker: the MD5 of nothing. */
export const MARKER_ETAG = 'd41d8cd98f00b204e9800998ecf8427e'

/** Whether an object stands for an absent record. */
export function isMarker(object: R2Object): boolean {
  return object.size === 0
}

/** Removes an object if it still has this entity tag; false if it has not. */
export async function removeMarked({ bucket, clock }: Space, key: string, etag: string): Promise<boolean> {
  if (etag === MARKER_ETAG) return false
  const began = clock.now()
  const mark = () => bucket.put(key, EMPTY, { onlyIf: { etagMatches: etag } })
  if ((await paced(mark, clock.sleep)) === null) return false
  // The record is gone from here on, whatever becomes of its marker.
  if (clock.now() - began <= SEND_WITHIN) {
    const done = new AbortController()
    const deleted = bucket.delete(key).catch(() => {})
    await Promise.race([deleted, clock.sleep(DELETE_LIMIT, done.signal)])
    done.abort()
  }
  return true
}

/** An object to be written. */
export interface Writing {
  readonly key: string
  readonly value: Uint8Array<ArrayBuffer>
  readonly metadata: Pick<R2PutOptions, 'customMetadata'>
  /** Only if there is none: then an object that is there means `null`. */
  readonly create: boolean
  readonly signal: AbortSignal | undefined
}

/** Writes an object, but never over a marker that may still be followed by its delete. */
export async function putUnmarked(space: Space, writing: Writing): Promise<R2Object | null> {
  const { bucket, clock, skew } = space
  const { key, value, metadata, create, signal } = writing
  const put = (onlyIf: R2Conditional) =>
    paced(() => bucket.put(key, value, { onlyIf, ...metadata }), clock.sleep)
  const usual = { etagDoesNotMatch: create ? '*' : MARKER_ETAG }
  for (let pause: number = PAUSES[0]; ; pause = Math.min(2 * pause, PAUSES[1])) {
    signal?.throwIfAborted()
    const written = await put(usual)
    if (written) return written
    const found = await bucket.head(key)
    if (found === null) continue
    if (!isMarker(found)) {
      if (create) return null
      continue
    }
    const uploaded = found.uploaded.getTime()
    if (clock.now() - uploaded <= WAIT + skew) {
      await clock.sleep(pause, signal)
      continue
    }
    // Not by the entity tag, which a fresh marker has as well: this one was written long before any other.
    const replaced = await put({ uploadedBefore: new Date(uploaded + 1) })
    if (replaced) return replaced
  }
}
