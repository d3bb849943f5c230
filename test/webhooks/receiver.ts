/** A receiver of webhooks on a real socket: it checks every signature and does what it is told. */

import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SECRET } from './soon.ts'

export { SECRET }

/** An event as it came in. */
export interface Received {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly sequence: string
  readonly data: Readonly<Record<string, unknown>>
  readonly headers: IncomingMessage['headers']
  readonly body: Readonly<Record<string, unknown>>
}

/** What a receiver does with an event: a status, no answer at all, or an answer that never ends. */
type Reaction = number | 'silence' | 'endless' | 'cut'

export interface Receiver extends AsyncDisposable {
  readonly url: string
  /** What it has answered with 2xx. */
  readonly received: Received[]
  /** All requests, also those in vain. */
  readonly asked: Received[]
  /** Requests with a wrong signature. */
  readonly wrong: string[]
  /** Most requests that were under way at once. */
  busiest(): number
  react: (event: Received) => Reaction | Promise<Reaction>
  /** Ends the server as a crash would. */
  kill(): Promise<void>
  /** Listens again, on the same port. */
  revive(): Promise<void>
}

export async function receiver(secret: string = SECRET): Promise<Receiver> {
  let server: Server
  let port = 0
  let busy = 0
  let busiest = 0
  const listen = async (): Promise<void> => {
    server = createServer((request, response) => void answer(request, response))
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    busiest = Math.max(busiest, ++busy)
    response.once('close', () => busy--)
    let body = ''
    for await (const chunk of request) body += chunk
    const event = parsed(body, request.headers)
    if (!isSigned(body, request.headers, secret)) self.wrong.push(body)
    self.asked.push(event)
    const reaction = await self.react(event)
    if (reaction === 'silence') return
    if (reaction === 'cut') return void request.socket.destroy()
    response.writeHead(
      reaction === 'endless' ? 200 : reaction,
      reaction === 302 ? { location: '/elsewhere' } : {},
    )
    if (reaction === 'endless') response.write('and so on')
    else response.end()
    if (reaction === 'endless' || reaction < 300) self.received.push(event)
  }
  const kill = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  await listen()
  const self: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    received: [],
    asked: [],
    wrong: [],
    busiest: () => busiest,
    react: () => 204,
    kill,
    revive: listen,
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await kill()
    },
  }
  return self
}

function parsed(text: string, headers: IncomingMessage['headers']): Received {
  const body = JSON.parse(text) as Omit<Received, 'headers' | 'body'>
  return { ...body, headers, body: body as unknown as Received['body'] }
}

/** As Standard Webhooks says, with the HMAC of Node. */
function isSigned(body: string, headers: IncomingMessage['headers'], secret: string): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const signature = createHmac('sha256', secret).update(signed).digest('base64')
  return String(headers['webhook-signature']).split(' ').includes(`v1,${signature}`)
}

/** The ids of events, each once, in the order in which they came first. */
export function idsOf(events: readonly Received[]): string[] {
  return [...new Set(events.map(({ id }) => id))]
}

/** The tags of events, without those that came again. */
export function tagsOf(events: readonly Received[], repository?: string): unknown[] {
  const first = events.filter(({ id }, i) => events.findIndex((each) => each.id === id) === i)
  return first
    .filter(
      ({ data }) => data['tag'] !== undefined && (repository ?? data['repository']) === data['repository'],
    )
    .map(({ data }) => data['tag'])
}
