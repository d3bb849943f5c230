import { fileOf } from '../../src/body.ts'
import { type Patience, sent } from './patience.ts'
import { bun } from './runtime.ts'

/** Answers whose bytes are at hand: looking at their `body` would make a stream of it, which costs more than the rest. */
const whole = new WeakSet<Response>()

/** A Response of bytes, which Bun sends in one piece. */
export function respond(bytes: Uint8Array, init: ResponseInit): Response {
  const response = new Response(bytes as BodyInit, init)
  whole.add(response)
  return response
}

/**
 * Bun sends a stream in chunks, whatever its Content-Length says (oven-sh/bun issue 10507). Up to so many bytes
 * are collected, which keeps the length exact.
 */
const COLLECTED = 1024 * 1024

/** Makes an answer what Bun sends best. */
export async function answer(response: Response, request: Request, patience: Patience): Promise<Response> {
  if (whole.has(response) || !response.body) {
    patience.idle()
    return response
  }
  if (request.method === 'HEAD') {
    response.body.cancel().catch(() => {})
    patience.idle()
    return new Response(null, response)
  }
  const fromFile = fileResponse(response, request, patience)
  if (fromFile) return fromFile
  const length = response.headers.get('content-length')
  if (length === null || Number(length) > COLLECTED)
    return new Response(sent(response.body, patience), response)
  const bytes = await response.arrayBuffer()
  patience.idle()
  return new Response(bytes, response)
}

/** Bun sends a file by itself, with a fifth of the work. `null` if there is none behind the body. */
function fileResponse(response: Response, request: Request, patience: Patience): Response | null {
  const file = fileOf(response.body!)
  // Bun would cut a 200 down to the range, which we have decided not to do.
  if (!file || (response.status !== 206 && request.headers.has('range'))) return null
  const end = file.offset + file.length
  const source = bun().file(file.path)
  // For a shorter file Bun would leave the client waiting; the stream breaks off.
  if (source.size < end) return null
  response.body!.cancel().catch(() => {})
  const headers = new Headers(response.headers)
  // Bun would tell the name of the file.
  if (!headers.has('content-disposition')) headers.set('content-disposition', 'attachment')
  patience.client()
  return new Response(source.slice(file.offset, end), { status: response.status, headers })
}
