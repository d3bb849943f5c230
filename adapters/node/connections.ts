import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** The sockets of a server, and what is in flight on them. */
export interface Connections {
  /** Whether the server is about to end. */
  readonly draining: boolean
  /** Notes a request until it is answered and its body has come in. */
  begin(incoming: IncomingMessage, outgoing: ServerResponse): void
  /** Whether a part of an answer has gone out on the socket. */
  answering(socket: Duplex): boolean
  /** Stops listening and closes each connection once it is idle, and all of them after `grace` milliseconds. */
  drain(grace: number): Promise<void>
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

/** Watches a server: a connection on which the client is silent for `silence` milliseconds is cut. */
export function track(server: Server, silence: number): Connections {
  const open = new Map<Duplex, Set<Exchange>>()
  let draining = false

  server.timeout = silence
  // Under TLS a request's socket is the one within.
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Socket) => {
    open.set(socket, new Set())
    socket.once('close', () => open.delete(socket))
  })
  server.on('timeout', (socket) => {
    const exchanges = open.get(socket)
    const busy = exchanges !== undefined && exchanges.size > 0 && !isClientSilent(socket, exchanges)
    if (busy) socket.setTimeout(silence)
    else socket.destroy()
  })

  return {
    get draining() {
      return draining
    },
    begin(incoming, outgoing) {
      const { socket } = incoming
      const exchanges = open.get(socket)
      if (!exchanges) return
      const exchange = { incoming, outgoing }
      exchanges.add(exchange)
      // While the handler did not read, the client could not send: its time starts anew.
      incoming.on('resume', () => {
        if (!incoming.complete && !outgoing.writableEnded) socket.setTimeout(silence)
      })
      let answered = false
      const over = () => {
        if (!answered || !(incoming.complete || incoming.destroyed)) return
        exchanges.delete(exchange)
        if (draining && exchanges.size === 0) socket.destroySoon()
      }
      outgoing.once('close', () => {
        answered = true
        over()
      })
      incoming.once('end', over)
      incoming.once('close', over)
    },
    answering: (socket) => [...(open.get(socket) ?? [])].some(({ outgoing }) => outgoing.headersSent),
    async drain(grace) {
      draining = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const [socket, exchanges] of open) if (exchanges.size === 0) socket.destroy()
      const timer = setTimeout(() => {
        for (const socket of open.keys()) socket.destroy()
      }, grace)
      await closed
      clearTimeout(timer)
    },
  }
}

/**
 * Watches one request on a server that is somebody else's: the connection is cut on which the client is silent for
 * `silence` milliseconds. Once it is answered, the server's own limits hold again.
 */
export function watch(incoming: IncomingMessage, outgoing: ServerResponse, silence: number): void {
  const { socket } = incoming
  const restart = () => void socket.setTimeout(silence)
  restart()
  // With a listener, Node leaves it to that what becomes of the connection.
  outgoing.on('timeout', () => {
    if (isClientSilent(socket, [{ incoming, outgoing }])) socket.destroy()
    else restart()
  })
  incoming.on('resume', () => {
    if (!incoming.complete && !outgoing.writableEnded) restart()
  })
}

/** Whether the next move is the client's: to read what waits in the socket, or to send more of its body. */
function isClientSilent(socket: Socket, exchanges: Iterable<Exchange>): boolean {
  if (socket.writableLength > 0) return true
  for (const { incoming } of exchanges) {
    // Bytes that nobody has read are the handler's business.
    if (!incoming.complete && incoming.readableLength === 0) return true
  }
  return false
}
