/**
 * Conditional removal on a store that can only write conditionally.
 *
 * To remove, replace the value by a marker under the condition, then delete at once. Everybody takes a marker as
 * an absent key; who wants to write there waits until it is gone, or so old that no delete can be under way any
 * more. That holds if a request takes effect within 55 seconds or never: an assumption, which `traits.remove`
 * says by `emulated`.
 * @module
 */

import { RegistryError } from '../../../src/oci/index.ts'
import type { Rec, Records } from '../../../src/storage/contract.ts'
import { type Listed, type S3Records, withValues } from './records.ts'

/** A delete is sent this long after its marker at the latest, in milliseconds. */
const SEND_WITHIN = 5_000
/** And is given up after this long. */
const DELETE_LIMIT = 30_000
/** So old a marker has no delete under way. */
const MARKER_LIFE = 60_000
const FIRST_POLL = 20
const LONGEST_POLL = 1_000
/** Lost races before giving up: each means that somebody else made progress. */
const MAX_RACES = 100

const HEAD = 'ocikit:removed:'
const MARKER_SIZE = HEAD.length + 36
const utf8 = new TextEncoder()
const text = new TextDecoder()

/** What the removal needs of the world. */
export interface RemovalClock {
  readonly now: () => number
  readonly wait: (ms: number) => Promise<void>
}

/** Records with markers, over records whose own `remove` is not to be trusted. */
export function emulatedRemoval(records: S3Records, { now, wait }: RemovalClock): Records {
  const get = async (key: string, signal: AbortSignal | undefined): Promise<Rec | null> => {
    const rec = await records.look(key, signal)
    return rec === null || isMarker(rec.value) ? null : rec
  }

  /** Writes where nothing is, or only a marker that is done with; null where a value is. */
  const create: Records['create'] = async (key, value, { signal } = {}) => {
    for (let race = 0; race < MAX_RACES; race++) {
      const created = await records.create(key, value, { ...(signal && { signal }) })
      if (created !== null) return created
      const found = await settled(key, signal)
      if (found === null) continue
      if (!isMarker(found.value)) return null
      const written = await records.put(key, value, { version: found.version, ...(signal && { signal }) })
      if (written !== null) return written
    }
    throw tooManyRaces(key)
  }

  /** What is at a key once no delete of a marker can be under way. */
  const settled = async (key: string, signal: AbortSignal | undefined): Promise<Rec | null> => {
    for (let poll = FIRST_POLL; ; poll = Math.min(LONGEST_POLL, poll * 2)) {
      const found = await records.look(key, signal)
      if (found === null || !isMarker(found.value) || found.now - found.modified > MARKER_LIFE) return found
      await wait(poll)
      signal?.throwIfAborted()
    }
  }

  const overwrite = async (
    key: string,
    value: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<string> => {
    const call = { ...(signal && { signal }) }
    // Most keys are new, and then one request is all.
    let found: Rec | null = null
    for (let race = 0; race < MAX_RACES; race++) {
      const written: string | null = found
        ? await records.put(key, value, { ...call, version: found.version })
        : await records.create(key, value, call)
      if (written !== null) return written
      found = await settled(key, signal)
    }
    throw tooManyRaces(key)
  }

  const erase = async (key: string, marked: number): Promise<void> => {
    if (now() - marked >= SEND_WITHIN) return
    // The marker is as good as nothing: who fails to delete it leaves it to the next writer.
    await records.erase(key, AbortSignal.timeout(DELETE_LIMIT)).catch(() => {})
  }

  /** Of the keys in a listing, those with a value. Only what is as long as a marker is looked at. */
  async function* visible(
    keys: AsyncIterable<Listed>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Listed> {
    for await (const entry of keys) {
      if (entry.size !== MARKER_SIZE || (await get(entry.key, signal)) !== null) yield entry
    }
  }

  return {
    async get(key, options) {
      options?.signal?.throwIfAborted()
      return get(key, options?.signal)
    },
    async create(key, value, options) {
      options?.signal?.throwIfAborted()
      return create(key, value, options)
    },
    async put(key, value, options = {}) {
      options.signal?.throwIfAborted()
      // A version is never that of a marker.
      if (options.version !== undefined) return records.put(key, value, options)
      return overwrite(key, value, options.signal)
    },
    async remove(key, version, options = {}) {
      options.signal?.throwIfAborted()
      const marked = now()
      const marker = utf8.encode(HEAD + crypto.randomUUID())
      if ((await records.put(key, marker, { ...options, version })) === null) return false
      await erase(key, marked)
      return true
    },
    drop: (keys, options) => records.drop(keys, options),
    async *list(prefix, options = {}) {
      const { limit = Number.POSITIVE_INFINITY, values = false, signal, ...rest } = options
      if (limit <= 0) return
      const bounds = { ...rest, ...(signal && { signal }) }
      const keys = records.listed(prefix, bounds)
      if (values) {
        yield* withValues(keys, limit, (key) => get(key, signal))
        return
      }
      let count = 0
      for await (const { key } of visible(keys, signal)) {
        yield { key }
        if (++count >= limit) return
      }
    },
  }
}

function isMarker(value: Uint8Array): boolean {
  return value.length === MARKER_SIZE && text.decode(value.subarray(0, HEAD.length)) === HEAD
}

function tooManyRaces(key: string): RegistryError {
  return new RegistryError('UNAVAILABLE', 'too many writers at once: try again later', {
    cause: new Error(`${MAX_RACES} lost races at ${key}`),
  })
}
