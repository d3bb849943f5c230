/**
 * A wire to a registry that does not exist: each request is written down, and answered by the test.
 * @module
 */

import { createHash } from 'node:crypto'
import { type Client, type ClientOptions, createClient } from '../../src/client/index.ts'
import type { Digest } from '../../src/oci/index.ts'

/** A request as it was sent. */
export interface Sent {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: Uint8Array
}

/** What a request is answered with; an error breaks the connection. */
export type Answer = Response | Error | Promise<Response | Error>

export const HOST = 'https://registry.test'
/** Retries that take no time. */
const FAST = { firstDelay: 1, maxDelay: 50 } as const

/** A client whose requests go to `answer`, and the list of them. */
export function wired(
  answer: (sent: Sent, no: number) => Answer,
  options: ClientOptions = {},
  registry: string = HOST,
): { client: Client; sent: Sent[]; lines: () => string[] } {
  const sent: Sent[] = []
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    init.signal?.throwIfAborted()
    const body = init.body ? new Uint8Array(await new Response(init.body).arrayBuffer()) : new Uint8Array()
    const request = {
      method: init.method ?? 'GET',
      url: new URL(url),
      headers: new Headers(init.headers),
      body,
    }
    sent.push(request)
    const result = await answer(request, sent.length - 1)
    if (result instanceof Error) throw result
    return result
  }
  const client = createClient(registry, { fetch, retry: FAST, ...options })
  return {
    client,
    sent,
    lines: () => sent.map(({ method, url }) => `${method} ${url.pathname}${url.search}`),
  }
}

/** An answer with these headers. */
export function reply(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: BodyInit | null = null,
): Response {
  return new Response(body, { status, headers })
}

/** An answer of the specification's JSON. */
export function refusal(
  status: number,
  code: string,
  message = '',
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = JSON.stringify({ errors: [{ code, message }] })
  return reply(status, { 'content-type': 'application/json', ...headers }, body)
}

/** Bytes with what a registry says of them. */
export function content(bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}): Response {
  return reply(200, { 'content-length': String(bytes.length), ...headers }, bytes as Uint8Array<ArrayBuffer>)
}

/** A stream that gives chunks and then breaks. */
export function breaking(...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...chunks]
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = left.shift()
        if (chunk) controller.enqueue(chunk)
        else controller.error(new TypeError('terminated'))
      },
    },
    { highWaterMark: 0 },
  )
}

export function digestOf(bytes: Uint8Array | string, algorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** What a promise is rejected with. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<{ code?: string; status?: number; message: string; detail?: unknown; headers?: unknown }> {
  return promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )
}
