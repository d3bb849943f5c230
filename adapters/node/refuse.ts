import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { RequestError } from '@hono/node-server'

/** How long a refused client may still send, so that the answer is not lost in a reset connection. */
const LINGER = 1000

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

const MALFORMED: Refusal = { status: 400, code: 'REQUEST_INVALID', message: 'this is not an HTTP request' }

/** By the codes of Node's parser. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'REQUEST_TIMEOUT',
    message: 'the headers of the request took too long',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'HEADERS_TOO_LARGE',
    message: 'the headers of the request are too large',
  },
}

/** The body of an error, as registries answer it. */
export function errorBody(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] })
}

/** Answers what goes wrong outside the handler: a URL or a Host that cannot be, or a handler that throws. */
export function answerError(error: unknown): Response {
  const refused = error instanceof RequestError
  const body = refused ? errorBody('REQUEST_INVALID', error.message) : errorBody('UNKNOWN', 'internal error')
  return new Response(body, {
    status: refused ? 400 : 500,
    headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
  })
}

/**
 * Answers what is not HTTP, on the bare socket, and closes it.
 * @param answering An answer has begun on the socket: another one would corrupt it.
 */
export function refuse(error: NodeJS.ErrnoException, socket: Duplex, answering: boolean): void {
  if (socket.writableEnded && !socket.destroyed) return
  if (error.code === 'ECONNRESET' || !socket.writable || answering) {
    socket.destroy()
    return
  }
  const { status, code, message } = REFUSALS[error.code ?? ''] ?? MALFORMED
  const body = errorBody(code, message)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  const timer = setTimeout(() => socket.destroy(), LINGER)
  socket.once('close', () => clearTimeout(timer))
}
