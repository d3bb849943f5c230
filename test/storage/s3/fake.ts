/**
 * An S3 store in this process, behind a `fetch` that can be told to fail.
 * @module
 */

import { createHash } from 'node:crypto'
import type { S3Options } from '../../../adapters/storage/s3/index.ts'
import { answerBucket } from './fake-bucket.ts'
import { answerUpload } from './fake-uploads.ts'

const CHUNK = 64 * 1024

/** A request as it arrived. */
export interface Seen {
  readonly method: string
  readonly url: URL
  /** The key, decoded; empty for the bucket. */
  readonly object: string
  readonly headers: Headers
  readonly body: Uint8Array
}

/** An object. */
export interface FakeObject {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly modified: number
}

/** What the store does worse than it should. */
export interface Faults {
  /** Conditions of this kind are ignored. */
  ignores?: readonly ('if-none-match' | 'if-match' | 'delete if-match')[]
  /** Conditional writes are answered with 501. */
  unimplemented?: boolean
  /** `x-amz-content-sha256` is not compared. */
  trusting?: boolean
}

/** The store and what happened to it. */
export interface Fake {
  readonly objects: Map<string, FakeObject>
  readonly uploads: Map<string, { object: string; parts: Map<number, FakeObject> }>
  readonly requests: Seen[]
  /** The store's clock and that of its users, in milliseconds. */
  now: number
  /** Called before the store does anything: an answer or an error that comes instead. */
  before: (seen: Seen) => Response | Error | undefined
  /** Called when it is done: an answer or an error that comes instead. */
  after: (seen: Seen) => Response | Error | undefined
  readonly options: S3Options
}

/** Starts an empty store. Waiting moves its clock and takes no time. */
export function fakeStore(faults: Faults = {}): Fake {
  const fake: Fake = {
    objects: new Map(),
    uploads: new Map(),
    requests: [],
    now: Date.UTC(2026, 0, 1),
    before: () => undefined,
    after: () => undefined,
    options: {
      bucket: 'images',
      endpoint: 'http://s3.test',
      credentials: { accessKeyId: 'id', secretAccessKey: 'very-secret' },
      now: () => fake.now,
      wait: async (ms) => {
        fake.now += ms
        await new Promise((resolve) => setImmediate(resolve))
      },
      fetch: async (url, init) => {
        const seen = await seenOf(url, init)
        fake.requests.push(seen)
        init.signal?.throwIfAborted()
        const instead = fake.before(seen)
        const answer = instead ?? answerOf(fake, faults, seen)
        const result = fake.after(seen) ?? answer
        if (result instanceof Error) throw result
        return result
      },
    },
  }
  return fake
}

async function seenOf(address: string, init: RequestInit): Promise<Seen> {
  const url = new URL(address)
  const body = new Uint8Array(await new Response(init.body ?? null).arrayBuffer())
  const object = decodeURIComponent(url.pathname.replace(/^\/images\/?/, ''))
  return { method: init.method ?? 'GET', url, object, headers: new Headers(init.headers), body }
}

function answerOf(fake: Fake, faults: Faults, seen: Seen): Response {
  if (seen.url.searchParams.has('uploadId') || seen.url.searchParams.has('uploads'))
    return answerUpload(fake, seen)
  return seen.object === '' ? answerBucket(fake, seen) : answerObject(fake, faults, seen)
}

function answerObject(fake: Fake, faults: Faults, seen: Seen): Response {
  const { method, object, headers, body } = seen
  const found = fake.objects.get(object)
  if (method === 'GET' || method === 'HEAD')
    return found ? contentOf(fake, found, seen) : refusal(404, 'NoSuchKey')
  const failed = conditionOf(faults, method, headers, found)
  if (failed) return failed
  if (method === 'DELETE') {
    fake.objects.delete(object)
    return new Response(null, { status: 204 })
  }
  const signed = headers.get('x-amz-content-sha256') ?? ''
  const actual = createHash('sha256').update(body).digest('hex')
  if (signed !== 'UNSIGNED-PAYLOAD' && signed !== actual && !faults.trusting)
    return refusal(400, 'XAmzContentSHA256Mismatch')
  const stored = objectOf(body, fake.now)
  fake.objects.set(object, stored)
  return new Response(null, { headers: { etag: stored.etag } })
}

function conditionOf(
  { ignores = [], unimplemented }: Faults,
  method: string,
  headers: Headers,
  found: FakeObject | undefined,
): Response | undefined {
  const [ifNone, ifMatch] = [headers.get('if-none-match'), headers.get('if-match')]
  if (unimplemented && (ifNone ?? ifMatch)) return refusal(501, 'NotImplemented')
  if (ifNone === '*' && found && !ignores.includes('if-none-match')) return refusal(412, 'PreconditionFailed')
  if (ifMatch === null || ignores.includes(method === 'DELETE' ? 'delete if-match' : 'if-match'))
    return undefined
  if (!found) return refusal(404, 'NoSuchKey')
  return found.etag === ifMatch ? undefined : refusal(412, 'PreconditionFailed')
}

function contentOf(fake: Fake, { bytes, etag, modified }: FakeObject, { method, headers }: Seen): Response {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.get('range') ?? '') ?? []
  const start = Number(from ?? 0)
  if (start > 0 && start >= bytes.length) return refusal(416, 'InvalidRange')
  const part = bytes.slice(start, to === undefined ? bytes.length : Number(to) + 1)
  const ranged = from !== undefined
  const answer = new Headers({
    etag,
    'content-length': `${part.length}`,
    'last-modified': new Date(modified).toUTCString(),
    date: new Date(fake.now).toUTCString(),
    ...(ranged && { 'content-range': `bytes ${start}-${start + part.length - 1}/${bytes.length}` }),
  })
  return new Response(method === 'HEAD' ? null : inChunks(part), {
    status: ranged ? 206 : 200,
    headers: answer,
  })
}

function inChunks(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0
  return new ReadableStream(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.slice(at, at + CHUNK))
        at += CHUNK
      },
    },
    { highWaterMark: 0 },
  )
}

/** An object of these bytes. */
export function objectOf(bytes: Uint8Array, modified: number): FakeObject {
  return { bytes, etag: `"${createHash('md5').update(bytes).digest('hex')}"`, modified }
}

/** The answer of a store that refuses. */
export function refusal(status: number, code: string, message = 'no'): Response {
  return new Response(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    { status },
  )
}
