import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { Digest } from '../../src/oci/index.ts'

/** Whatever answers requests: a registry handler or an application around it. */
export interface Handler {
  fetch(request: Request): Response | Promise<Response>
}

/** An answer that has been read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string | ReadableStream<Uint8Array>
  readonly signal?: AbortSignal
}

export const HOST = 'http://registry.test'

/** Makes a request. Bytes and text say their length, as a client on a network does; a stream does not. */
export function request(method: string, path: string, { headers = {}, body, signal }: Sent = {}): Request {
  const fields = new Headers(headers)
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  if (bytes instanceof Uint8Array && !fields.has('content-length'))
    fields.set('content-length', String(bytes.length))
  const init: RequestInit & { duplex?: 'half' } = { method, headers: fields }
  if (signal) init.signal = signal
  if (bytes !== undefined) Object.assign(init, { body: bytes, duplex: 'half' })
  return new Request(HOST + path, init)
}

export async function send(handler: Handler, method: string, path: string, sent: Sent = {}): Promise<Answer> {
  const response = await handler.fetch(request(method, path, sent))
  return { status: response.status, headers: response.headers, text: await response.text() }
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function digestOf(content: Uint8Array | string, algorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`
}

export interface ErrorBody {
  readonly errors: readonly { code: string; message: string; detail?: unknown }[]
}

/** The first error in an answer, which must be the JSON of the specification. */
export function errorIn(answer: Answer): ErrorBody['errors'][0] {
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('content-length')).toBe(String(utf8(answer.text).length))
  const { errors } = JSON.parse(answer.text) as ErrorBody
  expect(errors.length).toBeGreaterThan(0)
  return errors[0]!
}

/** Where an answer says to go on. */
export function locationOf(answer: Answer): string {
  const location = answer.headers.get('location')
  if (location === null) return expect.unreachable('no Location')
  return location
}

export function withDigest(location: string, digest: Digest): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`
}

/** Pushes a blob in two requests; returns its digest and where it is. */
export async function pushBlob(
  handler: Handler,
  repo: string,
  content: string,
  { prefix = '', headers = {} }: { prefix?: string; headers?: Record<string, string> } = {},
): Promise<{ digest: Digest; location: string }> {
  const digest = digestOf(content)
  const started = await send(handler, 'POST', `${prefix}/v2/${repo}/blobs/uploads/`, { headers })
  expect(started.status).toBe(202)
  const put = await send(handler, 'PUT', withDigest(locationOf(started), digest), { headers, body: content })
  expect(put.status).toBe(201)
  return { digest, location: locationOf(put) }
}

export const INDEX = 'application/vnd.oci.image.index.v1+json'

/** The smallest manifest there is; `name` makes it another one. */
export function emptyIndex(name = '', more: object = {}): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [], annotations: { name }, ...more })
}

export async function pushIndex(
  handler: Handler,
  repo: string,
  tag: string,
  { prefix = '', headers = {}, body = emptyIndex(tag) } = {},
): Promise<Answer> {
  const path = `${prefix}/v2/${repo}/manifests/${tag}`
  return send(handler, 'PUT', path, { headers: { 'content-type': INDEX, ...headers }, body })
}

/** A stream of so many bytes in small chunks; `pulled` tells how many were asked for. */
export function streamOf(
  size: number,
  chunk = 16,
): { body: ReadableStream<Uint8Array>; pulled: () => number } {
  let sent = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (sent >= size) return controller.close()
        const next = Math.min(chunk, size - sent)
        controller.enqueue(new Uint8Array(next).fill(97))
        sent += next
      },
    },
    { highWaterMark: 0 },
  )
  return { body, pulled: () => sent }
}

export function basic(name: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

export const LOREM = 'some bytes that become a blob'
