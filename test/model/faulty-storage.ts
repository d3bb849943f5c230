/**
 * The memory driver behind a scheduler: every call waits for its turn and may fail or never come back.
 * Pieces behave as in a file: what has arrived of a body lies there at once, also if the rest never comes; where
 * their sizes are announced, as in an object store: a piece is there when it is whole.
 * @module
 */

import type { Body } from '../../src/registry.ts'
import type { Contents, Records, Storage } from '../../src/storage/contract.ts'
import { memory } from '../../src/storage/index.ts'
import type { Scheduler } from './scheduler.ts'

/** A storage to test with. Clients wait, and meet faults; the test itself does not. */
export interface FaultyStorage {
  readonly storage: Storage
  /** Every place that holds bytes, sealed or not. */
  readonly places: () => string[]
}

/**
 * @param now The clock of the storage and of its users.
 * @param shape What the storage wants its pieces to be like, and what it can do.
 */
export function faultyStorage(
  scheduler: Scheduler,
  now: () => number,
  shape: Parameters<typeof memory>[0] = {},
): FaultyStorage {
  const { records, contents, traits } = memory({ ...shape, now })
  const { watched, places } = watch(contents)
  return {
    storage: {
      records: faultyRecords(records, scheduler),
      contents: faultyContents(watched, scheduler),
      traits,
    },
    places: () => [...places.keys()],
  }
}

function faultyRecords(inner: Records, scheduler: Scheduler): Records {
  return {
    get: (key) => scheduler.call(`get ${short(key)}`, () => inner.get(key)),
    create: (key, value) => scheduler.call(`create ${short(key)}`, () => inner.create(key, value)),
    put: (key, value, { version } = {}) =>
      scheduler.call(`put ${short(key)}`, () =>
        inner.put(key, value, version === undefined ? {} : { version }),
      ),
    remove: (key, version) => scheduler.call(`remove ${short(key)}`, () => inner.remove(key, version)),
    drop: (keys) => scheduler.call(`drop ${keys.length} keys`, () => inner.drop(keys)),
    async *list(prefix, options) {
      const label = `list ${short(prefix)}`
      await scheduler.call(label, async () => {})
      for await (const entry of inner.list(prefix, options)) {
        yield entry
        await scheduler.turn(`${label} goes on`)
      }
    },
  }
}

function faultyContents(inner: Contents, scheduler: Scheduler): Contents {
  const { pieces, verifies, fork } = inner
  return {
    pieces,
    verifies,
    async write(place, body, options) {
      const bytes = await collect(body)
      return scheduler.call(`write ${short(place)}`, () => inner.write(place, bytes, options))
    },
    open: (place) => scheduler.call(`open ${short(place)}`, () => inner.open(place)),
    async piece(place, handle, at, body) {
      const label = `piece ${at.no} at ${at.offset} of ${short(place)}`
      if (pieces.sized) {
        const whole = await collect(body)
        return scheduler.call(label, () => inner.piece(place, handle, at, whole))
      }
      let bytes = new Uint8Array(0)
      const store = () => inner.piece(place, handle, at, bytes)
      let stored = await scheduler.call(label, store)
      for await (const chunk of chunksOf(body)) {
        bytes = concat(bytes, chunk)
        await scheduler.turn(`${label}: ${bytes.length} bytes`)
        stored = await store()
      }
      await scheduler.call(`${label} synced`, async () => {})
      return stored
    },
    ...(fork && {
      fork: (place, handle, to, size) =>
        scheduler.call(`fork ${short(place)} to ${short(to)}`, () => fork(place, handle, to, size)),
    }),
    seal: (place, handle, list, { size }) =>
      scheduler.call(`seal ${short(place)}`, () => inner.seal(place, handle, list, { size })),
    abandon: (place, handle) => scheduler.call(`abandon ${short(place)}`, () => inner.abandon(place, handle)),
    size: (place) => scheduler.call(`size ${short(place)}`, () => inner.size(place)),
    read: (place, range) => scheduler.call(`read ${short(place)}`, () => inner.read(place, range)),
    remove: (places) => scheduler.call(`remove ${places.map(short).join(', ')}`, () => inner.remove(places)),
  }
}

/** Keeps a list of all places that hold bytes, for there is no way to ask a driver. */
function watch(inner: Contents): { watched: Contents; places: Map<string, string | null> } {
  /** The handle of what is being built; `null` for what is sealed. */
  const places = new Map<string, string | null>()
  const watched: Contents = {
    ...inner,
    async write(place, body, options) {
      const to = await inner.write(place, body, options)
      places.set(to, null)
      return to
    },
    async open(place) {
      const handle = await inner.open(place)
      places.set(place, handle)
      return handle
    },
    ...(inner.fork && {
      async fork(place: string, handle: string, to: string, size: number) {
        const own = await inner.fork!(place, handle, to, size)
        places.set(to, own)
        return own
      },
    }),
    async seal(place, handle, list, options) {
      const to = await inner.seal(place, handle, list, options)
      places.set(to, null)
      return to
    },
    async abandon(place, handle) {
      await inner.abandon(place, handle)
      if (await isGone(place)) places.delete(place)
    },
    async remove(list) {
      await inner.remove(list)
      for (const place of list) if (places.get(place) === null) places.delete(place)
    },
  }
  /** Nothing is being built there any more: it is not even refused because of a size. */
  const isGone = async (place: string): Promise<boolean> => {
    const handle = places.get(place)
    if (handle == null) return false
    if (inner.pieces.sized) {
      return inner.seal(place, handle, [], { size: -1 }).then(
        () => false,
        (error) => error.code !== 'SIZE_INVALID',
      )
    }
    return inner.piece(place, handle, { no: 1, offset: Number.MAX_SAFE_INTEGER }, new Uint8Array(0)).then(
      () => false,
      (error) => !(error instanceof RangeError),
    )
  }
  return { watched, places }
}

async function* chunksOf(body: Body): AsyncGenerator<Uint8Array, void, void> {
  if (body instanceof Uint8Array) yield body
  else yield* body
}

async function collect(body: Body): Promise<Uint8Array> {
  let bytes = new Uint8Array(0)
  for await (const chunk of chunksOf(body)) bytes = concat(bytes, chunk)
  return bytes
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** Keys as they are read best in a trace. */
function short(key: string): string {
  return key.replace(/[0-9a-f]{24,}/g, (hex) => `${hex.slice(0, 2)}~${hex.slice(-4)}`)
}
