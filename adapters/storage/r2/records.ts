/**
 * Records as objects: one object for each key.
 * @module
 */

import type { Entry, Rec, Records } from '../../../src/storage/contract.ts'
import { checkKey, checkText } from '../../../src/storage/key.ts'
import { paced } from './errors.ts'
import { isMarker, MARKER_ETAG, putUnmarked, removeMarked } from './marked.ts'
import type { Space } from './r2.ts'
import type { R2Object, R2ObjectBody, R2Objects } from './types.ts'

/** Most keys of one delete, and most entries of one listing. */
const BATCH = 1000
/** A Worker has at most 6 connections open at a time: a listing reads so many values at once. */
const AT_ONCE = 6
/** Marks the one byte that stands for an empty value: an empty object would be a marker. */
const EMPTY_VALUE = { customMetadata: { value: 'empty' } }

/** Records in a bucket. */
export function bucketRecords(space: Space): Records {
  const { bucket, prefix, maxKey, clock } = space
  const keyOf = (key: string, signal?: AbortSignal): string => {
    signal?.throwIfAborted()
    checkKey(key, maxKey)
    return prefix + escaped(key)
  }
  const keyIn = (object: R2Object): string => unescaped(object.key.slice(prefix.length))
  const write = async (key: string, value: Uint8Array, create: boolean, signal: AbortSignal | undefined) => {
    const written = await putUnmarked(space, { key, ...stored(value), create, signal })
    return written?.etag ?? null
  }
  const read = async (key: string): Promise<Rec | null> => recordOf(await bucket.get(key))

  return {
    async get(key, options) {
      return read(keyOf(key, options?.signal))
    },
    async create(key, value, options) {
      return write(keyOf(key, options?.signal), value, true, options?.signal)
    },
    async put(key, value, options) {
      const name = keyOf(key, options?.signal)
      const version = options?.version
      if (version === undefined) return write(name, value, false, options?.signal)
      if (version === MARKER_ETAG) return null
      const { value: bytes, metadata } = stored(value)
      const put = () => bucket.put(name, bytes, { onlyIf: { etagMatches: version }, ...metadata })
      return (await paced(put, clock.sleep))?.etag ?? null
    },
    async remove(key, version, options) {
      return removeMarked(space, keyOf(key, options?.signal), version)
    },
    async drop(keys, options) {
      const names = keys.map((key) => keyOf(key, options?.signal))
      for (let at = 0; at < names.length; at += BATCH) {
        options?.signal?.throwIfAborted()
        await bucket.delete(names.slice(at, at + BATCH))
      }
    },
    async *list(start, options = {}) {
      const { after, limit = Number.POSITIVE_INFINITY, values = false, signal } = options
      checkText(start)
      let left = limit
      let from: { startAfter?: string; cursor?: string } =
        after === undefined ? {} : { startAfter: prefix + escaped(after) }
      while (left > 0) {
        signal?.throwIfAborted()
        const page = await bucket.list({
          prefix: prefix + escaped(start),
          limit: Math.min(left, BATCH),
          ...from,
        })
        for await (const entry of entriesOf(page, values)) {
          yield entry
          signal?.throwIfAborted()
          left--
        }
        if (!page.truncated || page.cursor === undefined) return
        from = { cursor: page.cursor }
      }
    },
  }

  async function* entriesOf(page: R2Objects, values: boolean): AsyncGenerator<Entry, void, void> {
    const found = page.objects.filter((object) => !isMarker(object))
    if (!values) {
      for (const object of found) yield { key: keyIn(object) }
      return
    }
    for (let at = 0; at < found.length; at += AT_ONCE) {
      const batch = found.slice(at, at + AT_ONCE)
      const recs = await Promise.all(batch.map(({ key }) => read(key)))
      for (const [i, rec] of recs.entries()) if (rec) yield { key: keyIn(batch[i]!), rec }
    }
  }
}

/** Without NUL, where local simulators of R2 end a key; the order of keys stays what it was. */
function escaped(key: string): string {
  return key.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01')
}

function unescaped(key: string): string {
  return key.replaceAll('\x01\x01', '\0').replaceAll('\x01\x02', '\x01')
}

function stored(value: Uint8Array): {
  value: Uint8Array<ArrayBuffer>
  metadata: Partial<typeof EMPTY_VALUE>
} {
  if (value.length === 0) return { value: new Uint8Array(1), metadata: EMPTY_VALUE }
  return { value: value as Uint8Array<ArrayBuffer>, metadata: {} }
}

async function recordOf(object: R2ObjectBody | null): Promise<Rec | null> {
  if (object === null || isMarker(object)) {
    await object?.body.cancel()
    return null
  }
  const bytes = new Uint8Array(await object.arrayBuffer())
  return {
    value: isEmptyValue(object) ? new Uint8Array() : bytes,
    version: object.etag,
    modified: object.uploaded.getTime(),
  }
}

function isEmptyValue({ customMetadata }: R2Object): boolean {
  return customMetadata?.['value'] === EMPTY_VALUE.customMetadata.value
}
