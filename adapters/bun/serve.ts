import type { Host, Ocikit } from '../../src/index.ts'
import { errorAnswer, type Listening, type ListenOptions, listening } from '../../src/listening.ts'
import { answer, respond } from './answer.ts'
import { type Patience, patienceFor, received, secondsOf } from './patience.ts'
import { bun, type NativeServer } from './runtime.ts'

/**
 * How a server listens, and how patient it is. Bun counts in seconds, of which it can count 255, and looks every
 * 4 seconds: times are rounded up to that. Headers have to come within 10 seconds.
 */
export interface ServeOptions extends ListenOptions {
  /**
   * How long a client may neither send the rest of its body nor read its answer, in milliseconds; then its
   * connection is cut. Waiting for the handler is never cut; 0 means for ever (2 minutes).
   */
  silence?: number
  /**
   * How long an idle connection is kept, in milliseconds; longer than load balancers keep theirs (75 s). After a
   * blob that was sent from a file it is `silence`.
   */
  keepAlive?: number
}

/** A listening server. */
export type BunServer = Listening<NativeServer>

/**
 * Serves a handler with HTTP/1.1. A request may take for ever as long as it moves.
 *
 * Bun itself answers what is not HTTP, without a body, and tells every client to go on that waits for
 * `100 Continue`. A stream of more than 1 MiB that no file is behind goes out in chunks, without its length
 * (oven-sh/bun issue 10507): over memory, a bucket or another registry use `serve` of `ocikit/node`, which runs on Bun,
 * too, and tells it. The handler is given Bun's server as `env`.
 *
 * @throws What `Bun.serve` reports, for example `EADDRINUSE`.
 */
export async function serve(kit: Pick<Ocikit, 'fetch'>, options: ServeOptions = {}): Promise<BunServer> {
  const { hostname = '127.0.0.1', port = 5000, silence = 120_000, keepAlive = 75_000 } = options
  const limits = { silence: secondsOf(silence), keepAlive: secondsOf(keepAlive) }
  const server = bun().serve({
    hostname,
    port,
    idleTimeout: limits.keepAlive,
    // Bun's limit is 128 MiB; the handler has its own.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    // Errors would be answered with a page that shows the inside.
    development: false,
    async fetch(incoming, server) {
      const patience = patienceFor(incoming, server, limits)
      patience.handler()
      const request = withUrl(incoming)
      if (!request) return errorAnswer(400, 'REQUEST_INVALID', 'the Host header is not the name of a host')
      const address = server.requestIP(incoming)?.address
      const response = await kit.fetch(request, server, hostFor(request, address, patience))
      return answer(response, request, patience)
    },
    error: () => errorAnswer(500, 'UNKNOWN', 'internal error'),
  })
  return listening(server, { scheme: 'http', hostname, port: server.port }, (grace) => drain(server, grace))
}

/** A request whose URL is one; `null` if no URL can be made of its Host. */
function withUrl(incoming: Request): Request | null {
  if (!incoming.url.startsWith('/')) return incoming
  // Health checks of load balancers speak HTTP/1.0, which has no Host.
  return incoming.headers.has('host') ? null : new Request(`http://localhost${incoming.url}`, incoming)
}

/** What Bun is best at. */
function hostFor(request: Request, address: string | undefined, patience: Patience): Host {
  let body: ReadableStream<Uint8Array> | undefined
  return {
    ...(address === undefined ? {} : { address: address.replace(/^::ffff:/, '') }),
    respond,
    body(asked) {
      // Middleware may have made another request with another body.
      if (asked !== request || !request.body) return null
      body ??= received(request.body, patience)
      return body
    },
  }
}

/** How often it is looked whether all is answered, in milliseconds: Bun tells only when all connections are closed. */
const POLL = 20

async function drain(server: NativeServer, grace: number): Promise<void> {
  const end = performance.now() + grace
  void server.stop()
  while (server.pendingRequests > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, POLL))
  }
  await server.stop(true)
}
