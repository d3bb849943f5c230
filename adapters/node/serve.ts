import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Host, Ocikit } from '../../src/index.ts'
import { bodyStream } from './body-stream.ts'
import { BytesResponse } from './bytes-response.ts'
import { track } from './connections.ts'
import { answerError, refuse } from './refuse.ts'
import { send } from './send.ts'

/** How a server listens, and how patient it is. */
export interface ServeOptions {
  /** Where to listen (`127.0.0.1`: this machine only). */
  hostname?: string
  /** Where to listen; 0 takes a free port (5000). */
  port?: number
  /**
   * How long a client may neither send the rest of its body nor read its answer, in milliseconds; then its
   * connection is cut. Waiting for the handler is never cut; 0 means for ever (2 minutes).
   */
  silence?: number
  /** How long a client may take to send the headers of a request, in milliseconds (1 minute). */
  headersTimeout?: number
  /** How long an idle connection is kept, in milliseconds; longer than load balancers keep theirs (75 s). */
  keepAlive?: number
}

/** How a server ends. */
export interface CloseOptions {
  /** How long requests in flight may take to finish, in milliseconds; the rest is cut (30 s). */
  grace?: number
}

/** A listening server. */
export interface NodeServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:5000`, without a slash at its end. */
  readonly url: string
  /** Where it listens, as it was given. */
  readonly hostname: string
  /** The port it really listens on. */
  readonly port: number
  /** Node's own server. */
  readonly server: Server
  /**
   * Accepts no further connection, closes idle ones, lets requests in flight finish, then resolves. The
   * registry stays open: close it afterwards. Repeated calls wait for the first.
   */
  close(options?: CloseOptions): Promise<void>
}

/**
 * Serves a handler with HTTP/1.1. A request may take for ever as long as it moves.
 *
 * @throws What Node's `listen` reports, for example `EADDRINUSE`.
 */
export async function serve(kit: Pick<Ocikit, 'fetch'>, options: ServeOptions = {}): Promise<NodeServer> {
  const server = createServer({
    // The limit of Node is for a whole request, and a layer may take longer than any such limit.
    requestTimeout: 0,
    headersTimeout: options.headersTimeout ?? 60_000,
    connectionsCheckingInterval: Math.min(options.headersTimeout ?? 60_000, 30_000),
    keepAliveTimeout: options.keepAlive ?? 75_000,
    // Node would answer without a body; the listener below answers in JSON.
    requireHostHeader: false,
  })
  const connections = track(server, options.silence ?? 120_000)
  const awaiting = new WeakSet<IncomingMessage>()
  const listener = getRequestListener(
    async (request, bindings) => {
      const { incoming, outgoing } = bindings as HttpBindings
      const address = incoming.socket.remoteAddress?.replace(/^::ffff:/, '')
      const response = await kit.fetch(request, bindings, hostFor(request, incoming, address))
      // A client that was not told to send its body may keep it or not: nothing can follow on this connection.
      // And at the end of the server nothing shall; but closing while a body comes in would cut off the answer.
      const last = awaiting.has(incoming) || (connections.draining && incoming.complete)
      if (last) outgoing.setHeader('connection', 'close')
      await send(response, outgoing)
      return RESPONSE_ALREADY_SENT
    },
    { overrideGlobalObjects: false, errorHandler: answerError },
  )
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    connections.begin(incoming, outgoing)
    // Health checks of load balancers speak HTTP/1.0, which has no Host.
    if (incoming.httpVersion === '1.0') incoming.headers.host ??= 'localhost'
    void listener(incoming, outgoing)
  }
  server.on('request', onRequest)
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // Only when the handler wants the body: whoever is refused need not send it.
    awaiting.add(incoming)
    incoming.once('resume', () => {
      if (!outgoing.headersSent && awaiting.delete(incoming)) outgoing.writeContinue()
    })
    onRequest(incoming, outgoing)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuse(error, socket, connections.answering(socket)),
  )

  const hostname = options.hostname ?? '127.0.0.1'
  await listen(server, hostname, options.port ?? 5000)
  const { port } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  const close = ({ grace = 30_000 }: CloseOptions = {}) => {
    closed ??= connections.drain(grace)
    return closed
  }
  const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
  return { url, hostname, port, server, close, [Symbol.asyncDispose]: close }
}

/** What Node is best at. */
function hostFor(request: Request, incoming: IncomingMessage, address: string | undefined): Host {
  let body: ReadableStream<Uint8Array> | undefined
  return {
    ...(address === undefined ? {} : { address }),
    respond: (bytes, init) => new BytesResponse(bytes, init),
    body(asked) {
      // Middleware may have made another request with another body.
      if (asked !== request || incoming.method === 'GET' || incoming.method === 'HEAD') return null
      body ??= bodyStream(incoming)
      return body
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      // A connection that cannot be accepted, for want of file descriptors say, must not end the others.
      server.on('error', () => {})
      resolve()
    })
  })
}
