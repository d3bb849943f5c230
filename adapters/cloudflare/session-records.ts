/**
 * Records of upload sessions in Durable Objects, all others where they were.
 * @module
 */

import { UPLOADS } from '../../src/engine/keys.ts'
import { RegistryError } from '../../src/oci/index.ts'
import type { Call, Entry, Records, Storage } from '../../src/storage/index.ts'
import { checkKey, checkText, compareKeys } from '../../src/storage/key.ts'
import { entryOf, MODIFIED, type Page, VERSION } from './session-wire.ts'
import type { DurableObjectNamespace } from './types.ts'

/** Which records Durable Objects keep. */
export interface SessionOptions {
  /** Those whose keys begin with this (`uploads/`: those of upload sessions). */
  prefix?: string
}

/**
 * How many objects share the work. An object takes about a thousand requests a second, a session belongs to one of
 * them, and a listing over sessions asks all. Another number would look for old sessions in the wrong object.
 */
const OBJECTS = 16

/**
 * The same storage, but Durable Objects answer when an upload begins or ends: faster than a bucket, and without
 * its price for each write. A session that was begun in the bucket is not found any more, so uploads that are
 * under way when this is switched on or off start over.
 *
 * @param namespace The binding of {@link UploadSessions}.
 *
 * @example
 * ```ts
 * import { ocikit, open } from 'ocikit'
 * import { type DurableObjectNamespace, serve, UploadSessions, withUploadSessions } from 'ocikit/cloudflare'
 * import { type R2Bucket, r2 } from 'ocikit/storage/r2'
 *
 * interface Env {
 *   BUCKET: R2Bucket
 *   SESSIONS: DurableObjectNamespace
 * }
 *
 * export { UploadSessions }
 * export default serve(
 *   ocikit({ storage: (env: Env) => withUploadSessions(r2(env.BUCKET), env.SESSIONS), auth: open() }),
 * )
 * ```
 */
export function withUploadSessions(
  storage: Storage,
  namespace: DurableObjectNamespace,
  { prefix = UPLOADS }: SessionOptions = {},
): Storage {
  const { records } = storage
  const sessions = objectRecords(namespace, storage.traits.maxKey)
  const keeperOf = (key: string): Records => (key.startsWith(prefix) ? sessions : records)
  return {
    ...storage,
    records: {
      get: (key, options) => keeperOf(key).get(key, options),
      create: (key, value, options) => keeperOf(key).create(key, value, options),
      put: (key, value, options) => keeperOf(key).put(key, value, options),
      remove: (key, version, options) => keeperOf(key).remove(key, version, options),
      async drop(keys, options) {
        await sessions.drop(
          keys.filter((key) => keeperOf(key) === sessions),
          options,
        )
        await records.drop(
          keys.filter((key) => keeperOf(key) === records),
          options,
        )
      },
      list(start, options = {}) {
        if (start.startsWith(prefix)) return sessions.list(start, options)
        if (!prefix.startsWith(start)) return records.list(start, options)
        return merged([records.list(start, options), sessions.list(prefix, options)], options.limit)
      },
    },
  }
}

/**
 * Records in Durable Objects.
 * @param name What the names of the objects begin with.
 */
export function objectRecords(namespace: DurableObjectNamespace, maxKey: number, name = 'uploads'): Records {
  const ask = async (
    object: number,
    call: string,
    query: Record<string, string>,
    signal: AbortSignal | undefined,
    body?: Uint8Array | string,
  ): Promise<Response> => {
    signal?.throwIfAborted()
    const stub = namespace.get(namespace.idFromName(`${name}-${object}`))
    const init = { method: 'POST', ...(body === undefined ? {} : { body: body as string }) }
    const url = `https://sessions/${call}?${new URLSearchParams(query)}`
    const response = await stub.fetch(url, init).catch(explain)
    if (response.ok || response.status === 404 || response.status === 409) return response
    throw new Error(`a Durable Object answered ${response.status} to ${call}`)
  }
  const askFor = (key: string, call: string, query: object, options: Call | undefined, body?: Uint8Array) => {
    checkKey(key, maxKey)
    return ask(objectOf(key), call, { key, ...query }, options?.signal, body)
  }
  const versionIn = async (response: Response): Promise<string | null> =>
    response.ok ? response.text() : null

  return {
    async get(key, options) {
      const response = await askFor(key, 'get', {}, options)
      if (!response.ok) return null
      const version = response.headers.get(VERSION)!
      const modified = Number(response.headers.get(MODIFIED))
      return { value: new Uint8Array(await response.arrayBuffer()), version, modified }
    },
    create: async (key, value, options) => versionIn(await askFor(key, 'create', {}, options, value)),
    async put(key, value, options) {
      const condition = options?.version === undefined ? {} : { version: options.version }
      return versionIn(await askFor(key, 'put', condition, options, value))
    },
    remove: async (key, version, options) => (await askFor(key, 'remove', { version }, options)).ok,
    async drop(keys, options) {
      options?.signal?.throwIfAborted()
      for (const key of keys) checkKey(key, maxKey)
      for (const object of new Set(keys.map(objectOf))) {
        const own = keys.filter((key) => objectOf(key) === object)
        await ask(object, 'drop', {}, options?.signal, JSON.stringify(own))
      }
    },
    list(start, options = {}) {
      checkText(start)
      const objects = isWithinSession(start)
        ? [objectOf(start)]
        : Array.from({ length: OBJECTS }, (_, i) => i)
      return merged(
        objects.map((object) => listOf(object, start, options)),
        options.limit,
      )
    },
  }

  async function* listOf(
    object: number,
    start: string,
    {
      after,
      limit = Number.POSITIVE_INFINITY,
      values = false,
      signal,
    }: Parameters<Records['list']>[1] & object,
  ): AsyncGenerator<Entry, void, void> {
    let last = after
    let left = limit
    while (left > 0) {
      const bounds = { limit: String(Math.min(left, 1000)), values: values ? '1' : '0' }
      const query = { prefix: start, ...bounds, ...(last === undefined ? {} : { after: last }) }
      const { entries, more } = (await (await ask(object, 'list', query, signal)).json()) as Page
      for (const entry of entries) {
        yield entryOf(entry)
        signal?.throwIfAborted()
        last = entry.key
        left--
      }
      if (!more) return
    }
  }
}

/**
 * What Cloudflare says of an object that cannot be reached now, or has too much to do
 * (https://developers.cloudflare.com/durable-objects/best-practices/error-handling/): the client is to try again. The
 * call may have had an effect or not.
 */
function explain(error: unknown): never {
  const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean }
  if (!retryable && !overloaded) throw error
  throw new RegistryError('UNAVAILABLE', 'the storage does not answer: try again later', {
    headers: { 'retry-after': '5' },
    cause: error,
  })
}

/** Several listings as one, in order; none has a key of another. */
async function* merged(
  lists: readonly AsyncIterable<Entry>[],
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<Entry, void, void> {
  const open = lists.map((list) => list[Symbol.asyncIterator]())
  try {
    if (limit <= 0) return
    const heads = await Promise.all(open.map((iterator) => iterator.next()))
    for (let count = 0; count < limit; count++) {
      let first = -1
      for (const [i, head] of heads.entries()) {
        if (head.done) continue
        const least = heads[first]
        if (!least || least.done || compareKeys(head.value.key, least.value.key) < 0) first = i
      }
      const head = heads[first]
      if (!head || head.done) return
      yield head.value
      if (count + 1 < limit) heads[first] = await open[first]!.next()
    }
  } finally {
    for (const iterator of open) await iterator.return?.()
  }
}

/** All keys of a session are in one object: `uploads/<hour>/<session>/` says which. */
function objectOf(key: string): number {
  const [, session = key] = /^((?:[^/]*\/){3})/.exec(key) ?? []
  let hash = 0x811c9dc5
  for (let i = 0; i < session.length; i++) hash = Math.imul(hash ^ session.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % OBJECTS
}

function isWithinSession(prefix: string): boolean {
  return /^(?:[^/]*\/){3}/.test(prefix)
}
