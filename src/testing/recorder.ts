/** Sends requests, as `fetch` does; clients take it as an option. */
export type Send = (url: string, init: RequestInit) => Promise<Response>

/** A request that was sent. */
export interface RecordedRequest {
  /** As it was sent. */
  readonly method: string
  /** Where to. */
  readonly url: URL
  /** As they were given to `fetch`, which adds some of its own. */
  readonly headers: Headers
  /** Bytes of the body, if its length was told; `null` for a stream of unknown length. */
  readonly length: number | null
  /** The answer's status; absent until it came, and if none came. */
  readonly status?: number
}

/** What was sent so far. */
export interface Recorder {
  /** Sends, and writes down. */
  readonly fetch: Send
  /** In the order in which they were sent. */
  readonly requests: readonly RecordedRequest[]
  /**
   * A line for each request: method, path and query, and the length of its body, or `-`. Ids of uploads, which are
   * random, are `ID`. Two lists that are equal asked for the same, in the same order.
   */
  lines(): string[]
  /** Forgets what was sent so far. */
  clear(): void
}

/**
 * Writes down what is sent, and sends it. Bodies are neither read nor kept.
 *
 * @example
 * ```ts
 * import { createClient } from 'ocikit/client'
 * import { recorder, testRegistry } from 'ocikit/testing'
 *
 * await using there = testRegistry()
 * const { fetch, lines } = recorder(there.fetch)
 * await createClient('registry.test', { fetch }).ping()
 * console.log(lines().join()) // GET /v2/ len=-
 * ```
 */
export function recorder(send: Send): Recorder {
  const requests: (RecordedRequest & { status?: number })[] = []
  return {
    requests,
    async fetch(url, init) {
      const headers = new Headers(init.headers)
      const request: RecordedRequest & { status?: number } = {
        method: init.method ?? 'GET',
        url: new URL(url),
        headers,
        length: lengthOf(headers, init.body),
      }
      requests.push(request)
      const response = await send(url, init)
      request.status = response.status
      return response
    },
    lines: () => requests.map(lineOf),
    clear: () => void requests.splice(0),
  }
}

function lengthOf(headers: Headers, body: RequestInit['body']): number | null {
  const told = headers.get('content-length')
  if (told !== null) return Number(told)
  return body instanceof Uint8Array ? body.length : null
}

function lineOf({ method, url, length }: RecordedRequest): string {
  const path = decodeURIComponent(url.pathname + url.search).replace(/uploads\/[\w-]{20,}/, 'uploads/ID')
  return `${method} ${path} len=${length ?? '-'}`
}
