/**
 * What a cache keeps, and when that was used. The least recently used goes first when there is too much of it, by the
 * store's own deletes: its collector then frees the bytes, once nobody can be in the middle of reading them.
 *
 * Only what stands here is ever removed: what was pushed to the store by others does not. An entry is written before
 * what it tells of, so that a crash leaves one too many, never one too few.
 * @module
 */

import type { Digest } from '../oci/index.ts'
import type { Registry } from '../registry.ts'
import type { Records } from '../storage/index.ts'
import { isMissing, isOutage, orNull } from './failures.ts'
import { decodeEntry, ENTRIES, encodeEntry, keyOf } from './ledger-records.ts'

/** Something that is kept. */
export interface Kept {
  readonly kind: 'blob' | 'manifest'
  readonly repo: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** What is kept, by last use. */
export interface Ledger {
  /** Whether the cache itself has kept this, as far as is known. */
  has(what: Omit<Kept, 'size'>): Promise<boolean>
  /** Notes what is about to be kept. */
  add(what: Kept): Promise<void>
  /** Forgets what could not be kept. */
  drop(what: Kept): Promise<void>
  /** Notes a use; written down once an hour at most. */
  use(what: Omit<Kept, 'size'>): void
  /** Notes something and has `work` keep it, which is not removed meanwhile; then what there is no room for. */
  keep<T>(what: Kept, work: () => Promise<T>): Promise<T>
  /** Waits for what is being written down or removed. */
  idle(): Promise<void>
}

/** What a ledger is made of. */
export interface LedgerOptions {
  readonly store: Registry
  readonly records: Records | undefined
  readonly maxBytes: number
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

interface Entry extends Kept {
  /** When its record was written last. */
  written: number
}

/** How exactly it is known after a restart when something was used. */
const COARSE = 60 * 60_000

/** Reads what earlier processes have kept when it is first needed. */
export function openLedger(options: LedgerOptions): Ledger {
  const { records, maxBytes, now, onError } = options
  // Where nothing is ever removed, nothing has to be remembered here.
  const isLimited = maxBytes !== Number.POSITIVE_INFINITY
  /** In order of use, the oldest first. */
  const entries = new Map<string, Entry>()
  /** Repositories that have the bytes of a digest, which count once. */
  const copies = new Map<Digest, number>()
  const held = new Map<string, number>()
  const working = new Set<Promise<unknown>>()
  let bytes = 0
  let loading: Promise<void> | undefined
  let evicting: Promise<void> | undefined

  const put = (key: string, entry: Entry): void => {
    forget(key)
    entries.set(key, entry)
    const count = copies.get(entry.digest) ?? 0
    if (count === 0) bytes += entry.size
    copies.set(entry.digest, count + 1)
  }
  const forget = (key: string): void => {
    const entry = entries.get(key)
    if (!entry) return
    entries.delete(key)
    const count = copies.get(entry.digest)! - 1
    if (count > 0) copies.set(entry.digest, count)
    else {
      copies.delete(entry.digest)
      bytes -= entry.size
    }
  }
  const write = async (key: string, what: Kept): Promise<void> => {
    await records?.put(key, encodeEntry(what))
  }
  const aside = (work: Promise<unknown>): void => {
    const done = work.catch(onError).finally(() => working.delete(done))
    working.add(done)
  }
  const load = (): Promise<void> => {
    loading ??= readAll(records, put).catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  }
  const evict = async (): Promise<void> => {
    for (const [key, entry] of entries) {
      if (bytes <= maxBytes) return
      if (held.has(key)) continue
      try {
        await removeFrom(options.store, entry)
      } catch (error) {
        if (isOutage(error)) throw error
        // The store does not let go of it: it is not ours to remove, and what was used later can go.
        if (!isMissing(error)) onError(error)
      }
      await drop(entry)
    }
  }
  /** One at a time: two would remove twice as much as there is no room for. */
  const makeRoom = async (): Promise<void> => {
    while (evicting) await evicting
    if (bytes <= maxBytes) return
    // Who waits for it has something to keep, whatever has become of it.
    evicting = evict()
      .catch(onError)
      .finally(() => {
        evicting = undefined
      })
    await evicting
  }

  const add = async (what: Kept): Promise<void> => {
    const key = keyOf(what)
    if (!isLimited) return write(key, what)
    await load()
    // What is just being removed must not be written again before that has ended.
    while (evicting) await evicting
    await write(key, what)
    put(key, { ...what, written: now() })
  }
  const drop = async (what: Kept): Promise<void> => {
    const key = keyOf(what)
    forget(key)
    await records?.drop([key])
  }
  /** An entry of what was kept before, or is by somebody else, stays. */
  const dropUnlessThere = async (what: Kept): Promise<void> => {
    if (!(await isThere(options.store, what))) await drop(what)
  }

  return {
    async has(what) {
      const key = keyOf(what)
      if (!isLimited) return records !== undefined && (await records.get(key)) !== null
      await load()
      return entries.has(key)
    },
    add,
    drop,
    use(what) {
      if (!isLimited) return
      const key = keyOf(what)
      const touch = async (): Promise<void> => {
        await load()
        const entry = entries.get(key)
        if (!entry) return
        entries.delete(key)
        entries.set(key, entry)
        if (now() - entry.written < COARSE) return
        entry.written = now()
        await write(key, entry)
      }
      aside(touch())
    },
    async keep(what, work) {
      const key = keyOf(what)
      held.set(key, (held.get(key) ?? 0) + 1)
      try {
        await add(what)
        return await work()
      } catch (error) {
        aside(dropUnlessThere(what))
        throw error
      } finally {
        const count = held.get(key)! - 1
        if (count > 0) held.set(key, count)
        else held.delete(key)
        aside(makeRoom())
      }
    },
    async idle() {
      while (working.size > 0) await Promise.all(working)
    },
  }
}

/** Oldest first, by the storage's clock. */
async function readAll(
  records: Records | undefined,
  put: (key: string, entry: Entry) => void,
): Promise<void> {
  const found: [string, Entry][] = []
  if (!records) return
  for await (const { key, rec } of records.list(ENTRIES, { values: true })) {
    const what = rec && decodeEntry(rec.value)
    if (what) found.push([key, { ...what, written: rec.modified }])
    // What comes out of a cache takes no turn of its own.
    if (found.length % 1000 === 999) await new Promise((resolve) => setTimeout(resolve))
  }
  found.sort(([, a], [, b]) => a.written - b.written)
  for (const [key, entry] of found) put(key, entry)
}

async function isThere(store: Registry, { kind, repo, digest }: Kept): Promise<boolean> {
  const found = kind === 'blob' ? store.resolveBlob(repo, digest) : store.resolveManifest(repo, digest)
  return (await orNull(found)) !== null
}

async function removeFrom(store: Registry, { kind, repo, digest }: Kept): Promise<void> {
  if (kind === 'blob') await store.deleteBlob(repo, digest)
  else await store.deleteManifest(repo, digest)
}
