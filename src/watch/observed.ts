import { RegistryError } from '../oci/index.ts'
import type { Call, Contents, Records, Storage } from '../storage/index.ts'

/** A call of a storage that has ended. */
export interface StorageCall {
  /** As in `records.get` or `contents.write`. */
  readonly operation: string
  /** The key or place, or how many of them. */
  readonly target: string
  /** `refused`: an error that is the client's, as a digest that does not fit; `cancelled`: nobody waits any more. */
  readonly outcome: 'ok' | 'refused' | 'cancelled' | 'error'
  readonly milliseconds: number
  /** Bytes of contents that were stored, or are going to be read. */
  readonly stored?: number
  readonly read?: number
  readonly call: Call | undefined
}

type Told = Pick<StorageCall, 'stored' | 'read'>

/**
 * The same storage, which tells of each call when it has ended; a listing when it was left. Streams pass untouched, so
 * that their marks stay: an error in the middle of one is not told.
 */
export function observed(storage: Storage, tell: (call: StorageCall) => void): Storage {
  const ended = (operation: string, target: string, call: Call | undefined, since: number, told: Told) =>
    tell({ operation, target, outcome: 'ok', milliseconds: performance.now() - since, call, ...told })
  const failed = (operation: string, target: string, call: Call | undefined, since: number, error: unknown) =>
    tell({
      operation,
      target,
      outcome: outcomeOf(error, call),
      milliseconds: performance.now() - since,
      call,
    })
  const watch = async <T>(
    operation: string,
    target: string,
    call: Call | undefined,
    work: () => Promise<T>,
    about: (value: T) => Told = () => ({}),
  ): Promise<T> => {
    const since = performance.now()
    try {
      const value = await work()
      ended(operation, target, call, since, about(value))
      return value
    } catch (error) {
      failed(operation, target, call, since, error)
      throw error
    }
  }
  async function* listed<T>(
    operation: string,
    prefix: string,
    call: Call | undefined,
    list: AsyncIterable<T>,
  ): AsyncGenerator<T, void, void> {
    const since = performance.now()
    let error: unknown
    try {
      yield* list
    } catch (thrown) {
      error = thrown
      throw thrown
    } finally {
      if (error === undefined) ended(operation, prefix, call, since, {})
      else failed(operation, prefix, call, since, error)
    }
  }
  return {
    ...storage,
    records: watchedRecords(storage.records, watch, listed),
    contents: watchedContents(storage.contents, watch, listed),
    ...(storage.foreign && { foreign: (options) => storage.foreign!(options) }),
    ...(storage.close && { close: () => storage.close!() }),
  }
}

type Watch = <T>(
  operation: string,
  target: string,
  call: Call | undefined,
  work: () => Promise<T>,
  about?: (value: T) => Told,
) => Promise<T>
type Listed = <T>(
  operation: string,
  prefix: string,
  call: Call | undefined,
  list: AsyncIterable<T>,
) => AsyncIterable<T>

function watchedRecords(records: Records, watch: Watch, listed: Listed): Records {
  return {
    get: (key, options) => watch('records.get', key, options, () => records.get(key, options)),
    create: (key, value, options) =>
      watch('records.create', key, options, () => records.create(key, value, options)),
    put: (key, value, options) => watch('records.put', key, options, () => records.put(key, value, options)),
    remove: (key, version, options) =>
      watch('records.remove', key, options, () => records.remove(key, version, options)),
    drop: (keys, options) =>
      watch('records.drop', `${keys.length} keys`, options, () => records.drop(keys, options)),
    list: (prefix, options) => listed('records.list', prefix, options, records.list(prefix, options)),
  }
}

function watchedContents(contents: Contents, watch: Watch, listed: Listed): Contents {
  const { fork, list, url } = contents
  return {
    pieces: contents.pieces,
    verifies: contents.verifies,
    write: (place, body, options) =>
      watch(
        'contents.write',
        place,
        options,
        () => contents.write(place, body, options),
        () => ({ stored: options.size }),
      ),
    open: (place, options) => watch('contents.open', place, options, () => contents.open(place, options)),
    piece: (place, handle, at, body, options) =>
      watch(
        'contents.piece',
        place,
        options,
        () => contents.piece(place, handle, at, body, options),
        ({ size }) => ({ stored: size }),
      ),
    seal: (place, handle, pieces, options) =>
      watch('contents.seal', place, options, () => contents.seal(place, handle, pieces, options)),
    abandon: (place, handle, options) =>
      watch('contents.abandon', place, options, () => contents.abandon(place, handle, options)),
    size: (place, options) => watch('contents.size', place, options, () => contents.size(place, options)),
    read: (place, range, options) =>
      watch(
        'contents.read',
        place,
        options,
        () => contents.read(place, range, options),
        (found) => ({ read: found ? (range?.length ?? found.size) : 0 }),
      ),
    remove: (places, options) =>
      watch('contents.remove', `${places.length} places`, options, () => contents.remove(places, options)),
    ...(fork && {
      fork: (place, handle, to, size, options) =>
        watch('contents.fork', place, options, () => fork.call(contents, place, handle, to, size, options)),
    }),
    ...(list && {
      list: (prefix, options) =>
        listed('contents.list', prefix, options, list.call(contents, prefix, options)),
    }),
    ...(url && {
      url: (place, options) =>
        watch('contents.url', place, options, () => url.call(contents, place, options)),
    }),
  }
}

function outcomeOf(error: unknown, call: Call | undefined): StorageCall['outcome'] {
  if (call?.signal?.aborted) return 'cancelled'
  return error instanceof RegistryError && error.status < 500 ? 'refused' : 'error'
}
