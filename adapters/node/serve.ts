import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Ocikit } from '../../src/index.ts'
import { type Listening, type ListenOptions, listening } from '../../src/listening.ts'
import { track } from './connections.ts'
import { listenerFor } from './listener.ts'
import { refuse } from './refuse.ts'

/** How a server listens, and how patient it is. */
export interface ServeOptions extends ListenOptions {
  /**
   * How long a client may neither send the rest of its body nor read its answer, in milliseconds; then its
   * connection is cut. Waiting for the handler is never cut; 0 means for ever (2 minutes).
   */
  silence?: number
  /** How long a client may take to send the headers of a request, in milliseconds (1 minute). */
  headersTimeout?: number
  /** How long an idle connection is kept, in milliseconds; longer than load balancers keep theirs (75 s). */
  keepAlive?: number
  /** The certificate with those above it, and its key: then it is HTTPS (none). */
  tls?: Tls
}

/** A certificate and its key, both as PEM. */
export interface Tls {
  /** The certificate, followed by those that signed it. */
  readonly cert: string
  /** The private key. */
  readonly key: string
}

/** A listening server. */
export interface NodeServer extends Listening<Server> {
  /** Another certificate for connections to come. @throws Error if it and the key do not fit, or there is no TLS. */
  renew(tls: Tls): void
}

/**
 * Serves a handler with HTTP/1.1, or HTTPS. A request may take for ever as long as it moves.
 *
 * @throws What Node's `listen` reports, for example `EADDRINUSE`.
 */
export async function serve(kit: Pick<Ocikit, 'fetch'>, options: ServeOptions = {}): Promise<NodeServer> {
  const settings = {
    // The limit of Node is for a whole request, and a layer may take longer than any such limit.
    requestTimeout: 0,
    headersTimeout: options.headersTimeout ?? 60_000,
    connectionsCheckingInterval: Math.min(options.headersTimeout ?? 60_000, 30_000),
    keepAliveTimeout: options.keepAlive ?? 75_000,
    // Node would answer without a body; the listener below answers in JSON.
    requireHostHeader: false,
  }
  const secure = options.tls && createTlsServer({ ...settings, ...options.tls, handshakeTimeout: 10_000 })
  const server: Server = secure ?? createServer(settings)
  const connections = track(server, options.silence ?? 120_000)
  const awaiting = new WeakSet<IncomingMessage>()
  // A client that was not told to send its body may keep it or not: nothing can follow on this connection.
  // And at the end of the server nothing shall; but closing while a body comes in would cut off the answer.
  const isLast = (incoming: IncomingMessage) =>
    awaiting.has(incoming) || (connections.draining && incoming.complete)
  const listener = listenerFor(kit, isLast)
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
  const place = { scheme: secure ? 'https' : 'http', hostname, port }
  return {
    ...listening(server, place, (grace) => connections.drain(grace)),
    renew: (tls) => renewed(secure, tls),
  }
}

function renewed(server: TlsServer | undefined, { cert, key }: Tls): void {
  if (!server) throw new Error('this server was started without TLS')
  server.setSecureContext({ cert, key })
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
