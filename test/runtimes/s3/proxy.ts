/**
 * A load balancer without any affinity.
 * @module
 */

import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Running } from '../table.ts'

/** Hands every request to the next of these servers in turn. */
export async function alternating(urls: readonly string[]): Promise<Running & { counts: readonly number[] }> {
  const counts = urls.map(() => 0)
  let turn = 0
  const server = createServer((incoming, outgoing) => {
    const at = turn++ % urls.length
    counts[at]!++
    const { hostname, port } = new URL(urls[at]!)
    const { method, url: path, headers } = incoming
    const onwards = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    })
    onwards.once('error', () => outgoing.destroy())
    incoming.once('error', () => onwards.destroy())
    outgoing.once('close', () => onwards.destroy())
    incoming.pipe(onwards)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
