/**
 * Requests over kept connections, so many at a time. Same client for every registry.
 * @module
 */

import { Agent, request } from 'node:http'

/** What came back. */
export interface Reply {
  readonly status: number
  readonly location: string | undefined
}

/** A client with so many connections. */
export class Pool {
  readonly #agent: Agent
  readonly #connections: number

  constructor(connections: number) {
    this.#connections = connections
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** Sends a request. @throws Error unless the answer has the wanted status. */
  send(method: string, url: string, wanted: number, body?: Buffer, type?: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-length': body?.length ?? 0,
        'content-type': type ?? 'application/octet-stream',
      }
      const outgoing = request(url, { method, headers, agent: this.#agent, timeout: 60_000 }, (incoming) => {
        incoming.resume()
        incoming.once('error', reject)
        incoming.once('end', () => {
          const { statusCode: status = 0, headers } = incoming
          if (status === wanted) resolve({ status, location: headers.location })
          else reject(new Error(`${method} ${url}: ${status}, not ${wanted}`))
        })
      })
      outgoing.once('error', reject)
      outgoing.once('timeout', () => outgoing.destroy(new Error(`${method} ${url}: no answer`)))
      outgoing.end(body)
    })
  }

  /** Does `work` for each number below `count`, one on each connection at a time. */
  async each(count: number, work: (i: number) => Promise<void>): Promise<void> {
    let next = 0
    const lane = async () => {
      while (next < count) await work(next++)
    }
    await Promise.all(Array.from({ length: this.#connections }, lane))
  }

  close(): void {
    this.#agent.destroy()
  }
}
