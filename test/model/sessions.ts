/**
 * What is known of the upload sessions of a test case: what was acknowledged, and what must not happen.
 * @module
 */

import type { Digest } from '../../src/oci/index.ts'

interface Chunk {
  readonly start: number
  readonly bytes: Uint8Array
}

/** One upload session, as its clients see it. */
export class KnownSession {
  readonly repo: string
  /** Ids that were given out, oldest first. */
  readonly ids: string[]
  /** By the clock. */
  readonly began: number
  /** Its bytes are nobody else's. */
  readonly unique: boolean
  readonly chunks: Chunk[] = []
  /** How it was ended, and when that was acknowledged. */
  ended: { readonly time: number; readonly digest: Digest | null } | null = null
  /** Somebody has tried to end it. */
  endTried = false

  constructor(repo: string, id: string, began: number, unique: boolean) {
    this.repo = repo
    this.ids = [id]
    this.began = began
    this.unique = unique
  }

  /** The end of what was acknowledged. */
  get offset(): number {
    return this.chunks.reduce((end, { start, bytes }) => Math.max(end, start + bytes.length), 0)
  }

  /** How many bytes were acknowledged: fewer than `offset` if some arrived that nobody was told of. */
  get acknowledgedBytes(): number {
    return this.chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /** The acknowledged bytes, if they are all, and `last` after them. */
  bytes(last: Uint8Array = new Uint8Array(0)): Uint8Array {
    const bytes = new Uint8Array(this.offset + last.length)
    for (const chunk of this.chunks) bytes.set(chunk.bytes, chunk.start)
    bytes.set(last, this.offset)
    return bytes
  }

  /** A chunk was acknowledged. Returns what is wrong with that. */
  acknowledge(start: number, bytes: Uint8Array): string | null {
    const end = start + bytes.length
    const other = this.chunks.find((chunk) => chunk.start < end && start < chunk.start + chunk.bytes.length)
    this.chunks.push({ start, bytes })
    if (start < 0) return `acknowledged ${bytes.length} bytes that end at ${end}`
    return other ? `two chunks acknowledged: at ${other.start} and at ${start}` : null
  }

  /** The session became this blob. Returns what is wrong with that. */
  finished(blob: Uint8Array, last: Uint8Array): string | null {
    if (!this.unique) return null
    const lost = this.chunks.find(({ start, bytes }) => bytes.some((byte, at) => blob[start + at] !== byte))
    if (lost) return `the chunk acknowledged at ${lost.start} is not in the blob`
    const start = blob.length - last.length
    return last.some((byte, at) => blob[start + at] !== byte) ? 'the last bytes are not in the blob' : null
  }
}
