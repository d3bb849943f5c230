/**
 * Requests of the crash tests.
 * @module
 */

import { createHash } from 'node:crypto'

/** An answer that nobody should get. */
export class WrongAnswer extends Error {}

/** A body: whole, or in chunks of unknown number. */
type Sent = Buffer<ArrayBuffer> | ReadableStream<Uint8Array>

/** What a request has beside method and URL. */
export interface Rest {
  body?: Sent
  headers?: Record<string, string>
  signal?: AbortSignal
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Sends a request and reads the answer to its end. @throws WrongAnswer unless the status is one of `wanted`. */
export async function ask(
  method: string,
  url: string,
  wanted: number | readonly number[],
  { body, headers = {}, signal }: Rest = {},
): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
  const response = await fetch(url, {
    method,
    headers,
    ...(body && { body: body as BodyInit }),
    ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
    ...(signal && { signal }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (![wanted].flat().includes(response.status)) {
    throw new WrongAnswer(
      `${method} ${url}: ${response.status}, not ${wanted}: ${bytes.subarray(0, 500).toString()}`,
    )
  }
  return { status: response.status, headers: response.headers, bytes }
}

/** Bytes as a body in chunks; with `stall`, it never ends until that settles. */
export function streamed(bytes: Buffer, chunk: number, stall?: Promise<unknown>): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (at < bytes.length) {
        controller.enqueue(new Uint8Array(bytes.subarray(at, at + chunk)))
        at += chunk
        return
      }
      await stall
      controller.close()
    },
  })
}
