/**
 * Records as objects: one object for each key, whose ETag is the version. Conditions are the store's own.
 * @module
 */

import { md5 } from '@noble/hashes/legacy.js'
import type { Entry, Rec, Records } from '../../../src/storage/contract.ts'
import type { Client } from './client.ts'
import { S3Error } from './errors.ts'
import { listObjects } from './listing.ts'
import { objectOfKey } from './object-key.ts'
import { element, elementsOf, textOf } from './xml.ts'

/** How many objects a listing or a `drop` works on at a time. */
const AT_ONCE = 16
/** Most keys of one DeleteObjects (S3 API reference). */
const MAX_BATCH = 1000
const MAX_ROUNDS = 5

const text = new TextDecoder()
const utf8 = new TextEncoder()

/** Records of a store that deletes conditionally, too. */
export interface S3Records extends Records {
  /** Removes a key whatever it holds, as soon as possible or not at all. */
  erase(key: string, signal: AbortSignal): Promise<void>
  /** Keys with the bytes of their values, for who hides some of them. */
  listed(
    prefix: string,
    options: { after?: string; limit?: number; signal?: AbortSignal },
  ): AsyncIterable<Listed>
  /** A record with the store's own time of the answer. */
  look(key: string, signal?: AbortSignal): Promise<(Rec & { readonly now: number }) | null>
}

/** A key in a listing. */
export interface Listed {
  readonly key: string
  /** Bytes of its value. */
  readonly size: number
}

/** Records below `base`, which is empty or ends in a slash. */
export function bucketRecords(client: Client, base: string, maxKey: number): S3Records {
  const objectOf = (key: string): string => objectOfKey(base, key, maxKey)

  const look: S3Records['look'] = async (key, signal) => {
    const accept = ['NoSuchKey', 'NotFound']
    const answer = await client.read({ method: 'GET', object: objectOf(key), accept, signal })
    return answer.status === 404 ? null : recordOf(answer.headers, answer.body)
  }

  /** Writes under a condition; the new version, or null if it does not hold. */
  const write = async (
    key: string,
    value: Uint8Array,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<string | null> => {
    const accept = ['PreconditionFailed', 'NoSuchKey', 'NotFound']
    const answer = await client.read({
      method: 'PUT',
      object: objectOf(key),
      body: value,
      headers,
      accept,
      signal,
    })
    if (answer.code === '') return versionOf(answer.headers)
    if (!answer.unsure) return null
    // The try before had no answer: perhaps what stands in the way is ours. No two values are the same.
    const found = await look(key, signal)
    return found && sameBytes(found.value, value) ? found.version : null
  }

  const put: Records['put'] = async (key, value, { version, signal } = {}) => {
    signal?.throwIfAborted()
    const written = await write(key, value, version === undefined ? {} : { 'if-match': version }, signal)
    return written
  }

  return {
    look,
    async get(key, options) {
      options?.signal?.throwIfAborted()
      return look(key, options?.signal)
    },
    async create(key, value, options) {
      options?.signal?.throwIfAborted()
      return write(key, value, { 'if-none-match': '*' }, options?.signal)
    },
    put,
    async remove(key, version, { signal } = {}) {
      signal?.throwIfAborted()
      const accept = ['PreconditionFailed', 'NoSuchKey', 'NotFound']
      const headers = { 'if-match': version }
      const answer = await client.read({ method: 'DELETE', object: objectOf(key), headers, accept, signal })
      // Gone after a try without an answer: it was that try.
      return answer.code === '' || (answer.unsure && answer.status === 404)
    },
    async erase(key, signal) {
      await client.read({
        method: 'DELETE',
        object: objectOf(key),
        accept: ['NoSuchKey'],
        signal,
        once: true,
      })
    },
    async drop(keys, { signal } = {}) {
      signal?.throwIfAborted()
      await removeObjects(client, keys.map(objectOf), signal)
    },
    listed: (prefix, options) => listObjects(client, base, prefix, options),
    async *list(prefix, options = {}) {
      const { values = false, signal, limit = Number.POSITIVE_INFINITY } = options
      const keys = listObjects(client, base, prefix, options)
      if (!values) {
        for await (const { key } of keys) yield { key }
        return
      }
      yield* withValues(keys, limit, (key) => look(key, signal))
    },
  }
}

/** Entries with their records, some at a time; without those that `read` does not find. */
export async function* withValues(
  keys: AsyncIterable<Listed>,
  limit: number,
  read: (key: string) => Promise<Rec | null>,
): AsyncGenerator<Entry, void, void> {
  let batch: string[] = []
  let count = 0
  const fetched = async (): Promise<Entry[]> => {
    const recs = await Promise.all(batch.map(read))
    return recs.flatMap((rec, i) => (rec === null ? [] : [{ key: batch[i]!, rec: plain(rec) }]))
  }
  for await (const { key } of keys) {
    batch.push(key)
    if (batch.length < Math.min(AT_ONCE, limit - count)) continue
    for (const entry of await fetched()) {
      yield entry
      count++
    }
    batch = []
    if (count >= limit) return
  }
  yield* await fetched()
}

function plain({ value, version, modified }: Rec): Rec {
  return { value, version, modified }
}

/** Removes objects, any number of them; absent ones are fine. */
export async function removeObjects(
  client: Client,
  objects: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (objects.length === 1) {
    await client.read({ method: 'DELETE', object: objects[0]!, accept: ['NoSuchKey', 'NotFound'], signal })
    return
  }
  for (let at = 0; at < objects.length; at += MAX_BATCH) {
    await removeBatch(client, objects.slice(at, at + MAX_BATCH), signal)
  }
}

async function removeBatch(
  client: Client,
  objects: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  let left = objects
  for (let round = 1; left.length > 0; round++) {
    const list = left.map((object) => element('Object', [element('Key', object)]))
    const body = utf8.encode(element('Delete', [element('Quiet', 'true'), ...list]))
    // Every store knows this header; the newer checksums not all.
    const headers = {
      'content-md5': btoa(String.fromCharCode(...md5(body))),
      'content-type': 'application/xml',
    }
    const answer = await client.read({ method: 'POST', query: { delete: '' }, body, headers, signal })
    const errors = elementsOf(text.decode(answer.body), 'Error').filter(
      (xml) => textOf(xml, 'Code') !== 'NoSuchKey',
    )
    left = errors.map((xml) => textOf(xml, 'Key') ?? '').filter((key) => objects.includes(key))
    if (errors.length > 0 && (round === MAX_ROUNDS || left.length === 0)) throw notRemoved(errors)
  }
}

function notRemoved([first = '', ...others]: readonly string[]): S3Error {
  const code = textOf(first, 'Code') ?? 'UnknownError'
  return new S3Error(code, 200, `S3 did not remove ${others.length + 1} objects: ${code}`)
}

function recordOf(headers: Headers, value: Uint8Array): Rec & { now: number } {
  const modified = Date.parse(headers.get('last-modified') ?? '')
  if (Number.isNaN(modified))
    throw new S3Error('NoLastModified', 200, 'the S3 store gives no Last-Modified: use another')
  const date = Date.parse(headers.get('date') ?? '')
  return { value, version: versionOf(headers), modified, now: Number.isNaN(date) ? modified : date }
}

function versionOf(headers: Headers): string {
  const version = headers.get('etag')
  if (version === null) throw new S3Error('NoETag', 200, 'the S3 store gives no ETag: use another')
  return version
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
