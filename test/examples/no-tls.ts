/**
 * A way to a server that keeps clients waiting which try TLS first, as skopeo and docker do: that of `wrangler dev`
 * says nothing to them for ten seconds each time.
 * @module
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream'

/** The first byte of a handshake. */
const HANDSHAKE = 0x16

/** A way that is open. */
export interface Way {
  /** Host and port, as they stand in an image name. */
  readonly host: string
  close(): Promise<void>
}

/** Passes everything on to a port of this machine; who begins with TLS is cut off at once. */
export async function withoutTls(port: number): Promise<Way> {
  const sockets = new Set<Socket>()
  const remember = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.once('close', () => sockets.delete(socket))
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    // Who goes away before the first byte has nothing to say.
    remember(client).on('error', () => {})
    client.once('data', (first) => {
      client.pause()
      if (first[0] === HANDSHAKE) {
        client.destroy()
        return
      }
      client.unshift(first)
      const registry = remember(connect({ port, host: '127.0.0.1', allowHalfOpen: true }))
      const end = (error?: Error | null): void => {
        if (error) for (const each of [client, registry]) each.destroy()
      }
      pipeline(client, registry, end)
      pipeline(registry, client, end)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
