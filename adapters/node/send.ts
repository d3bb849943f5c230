import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { fileOf } from '../../src/body.ts'
import { BytesResponse } from './bytes-response.ts'
import { pump } from './pump.ts'
import { errorBody } from './refuse.ts'
import { sendFile } from './send-file.ts'

/**
 * Sends an answer, as fast as the client reads. Never rejects: if the body fails, the connection is cut, so
 * that the client cannot take a part for the whole. A body that is not sent to its end is cancelled.
 */
export async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  const isHead = outgoing.req.method === 'HEAD'
  if (response instanceof BytesResponse && response.isUntouched && outgoing.req.complete) {
    outgoing.writeHead(response.status, headersOf(response))
    outgoing.end(isHead ? undefined : response.bytesAtHand)
    return
  }
  const { body } = response
  try {
    outgoing.writeHead(response.status, headersOf(response))
    if (body && !isHead) await sendBody(body, outgoing)
    if (!outgoing.req.complete && outgoing.getHeader('connection') !== 'close') {
      outgoing.flushHeaders()
      await drain(outgoing.req)
    }
    outgoing.end()
  } catch {
    if (outgoing.headersSent) outgoing.destroy()
    else {
      outgoing.writeHead(500, { 'content-type': 'application/json' })
      outgoing.end(errorBody('UNKNOWN', 'internal error'))
    }
  } finally {
    if (body && !body.locked) body.cancel().catch(() => {})
  }
}

async function sendBody(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const file = fileOf(body)
  return file ? sendFile(file, outgoing) : pump(body, outgoing)
}

/** Most bytes of a refused body that are read, and the longest pause in it in milliseconds; then the connection ends. */
const MOST = 64 * 1024 * 1024
const LINGER = 1_000

/**
 * Reads what nobody wanted of a body. Without that the connection could not be used again, and closing it would
 * take the answer away from a client that still writes.
 */
function drain(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0
    const stop = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(stop, LINGER)
    // A web stream that was made of the body pauses it for ever once its queue is full.
    incoming.removeAllListeners('data')
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      timer.refresh()
      if (bytes > MOST) stop()
    })
    for (const event of ['end', 'close', 'error']) incoming.once(event, stop)
    incoming.resume()
  })
}

function headersOf(response: Response): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  // Node would send it, and RFC 9110 section 8.6 forbids it.
  if (response.status === 204) delete headers['content-length']
  return headers
}
