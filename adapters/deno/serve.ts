import type { Host, Ocikit } from '../../src/index.ts'
import { errorAnswer, type Listening, type ListenOptions, listening } from '../../src/listening.ts'
import { readSizeOf } from './chunks.ts'
import { fileBehind } from './file.ts'
import { type Limits, received, sent } from './patience.ts'
import { deno, type NativeServer, type RequestInfo } from './runtime.ts'

/** How a server listens, and how patient it is. */
export interface ServeOptions extends ListenOptions {
  /**
   * How long a client may neither send the rest of its body nor read its answer, in milliseconds; then its request is
   * given up, and nothing of it is kept but the connection, which Deno cannot cut. Waiting for the handler is never
   * given up, nor is sending a file, which Deno does by itself; 0 means for ever (2 minutes).
   */
  silence?: number
}

/** A listening server. Deno tells nothing of connections: those that are idle are closed last. */
export type DenoServer = Listening<NativeServer>

/**
 * Serves a handler with HTTP/1.1 and, for clients that begin with it, HTTP/2. A request may take for ever as long as it
 * moves.
 *
 * Deno itself answers what is not HTTP, without a body, and tells every client to go on that waits for
 * `100 Continue`. It has no limit for how long headers may take and idle connections are kept: a proxy in front has. The
 * handler is given what Deno knows of the request as `env`.
 *
 * @throws What `Deno.serve` reports, for example `AddrInUse`.
 */
export async function serve(kit: Pick<Ocikit, 'fetch'>, options: ServeOptions = {}): Promise<DenoServer> {
  const { hostname = '127.0.0.1', port = 5000, silence = 120_000 } = options
  const cut = new AbortController()
  const server = deno().serve(
    {
      hostname,
      port,
      onListen() {},
      onError: () => errorAnswer(500, 'UNKNOWN', 'internal error'),
    },
    async (request, info) => {
      if (!hasUrl(request))
        return errorAnswer(400, 'REQUEST_INVALID', 'the Host header is not the name of a host')
      const turn = { silent: false }
      const work = kit.fetch(request, info, hostFor(request, info, silence, turn))
      const response = await unlessCut(work, cut.signal)
      if (!response) return errorAnswer(503, 'UNAVAILABLE', 'the server is ending')
      return turn.silent ? tooSilent(response) : answer(response, request, { silence, cut: cut.signal })
    },
  )
  const place = { scheme: 'http', hostname, port: server.addr.port }
  return listening(server, place, (grace) => drain(server, cut, grace))
}

/** `null` if the server gives up first; then nobody reads the answer. */
function unlessCut(work: Promise<Response>, cut: AbortSignal): Promise<Response | null> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      resolve(null)
      work.then(({ body }) => body?.cancel()).catch(() => {})
    }
    cut.addEventListener('abort', giveUp)
    work.then(resolve, reject).finally(() => cut.removeEventListener('abort', giveUp))
  })
}

/** Whether a URL could be made of the Host; Deno throws only when one looks. */
function hasUrl(request: Request): boolean {
  try {
    return URL.canParse(request.url)
  } catch {
    return false
  }
}

function hostFor(request: Request, info: RequestInfo, silence: number, turn: { silent: boolean }): Host {
  let body: ReadableStream<Uint8Array> | undefined
  return {
    address: info.remoteAddr.hostname.replace(/^::ffff:/, ''),
    respond,
    body(asked) {
      // Middleware may have made another request with another body.
      if (asked !== request || !request.body) return null
      body ??= received(request.body, {
        silence,
        readSize: readSizeOf(request.headers),
        onSilence() {
          turn.silent = true
        },
      })
      return body
    },
  }
}

/** Answers whose bytes are at hand: looking at their `body` would make a stream of it, which costs more than the rest. */
const whole = new WeakSet<Response>()

/** A Response of bytes, which Deno sends in one piece. */
function respond(bytes: Uint8Array, init: ResponseInit): Response {
  const response = new Response(bytes as BodyInit, init)
  whole.add(response)
  return response
}

/** A file is left to Deno; another stream goes out only as long as somebody reads it. */
async function answer(response: Response, request: Request, until: Limits): Promise<Response> {
  if (whole.has(response) || !response.body) return response
  if (request.method === 'HEAD') {
    response.body.cancel().catch(() => {})
    return new Response(null, response)
  }
  const body = (await fileBehind(response.body)) ?? sent(response.body, until)
  return new Response(body, response)
}

/** Whatever became of its request, the client is told why. Deno keeps the connection until the client closes it. */
function tooSilent(response: Response): Response {
  if (response.status < 500) return response
  response.body?.cancel().catch(() => {})
  return errorAnswer(408, 'REQUEST_INVALID', 'the rest of the body did not come in time')
}

/** How long it may take until what was given up has ended, in milliseconds. */
const LAST = 1_000

async function drain(server: NativeServer, cut: AbortController, grace: number): Promise<void> {
  const ended = server.shutdown()
  if (await isWithin(ended, grace)) return
  // Not by a signal for Deno: after a shutdown it would throw where nobody can catch it.
  cut.abort()
  await isWithin(ended, LAST)
}

/** Whether work ends within so many milliseconds. */
async function isWithin(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false)
  })
  const isDone = await Promise.race([work.then(() => true), late])
  clearTimeout(timer)
  return isDone
}
