import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Host, Ocikit } from '../../src/index.ts'
import { bodyStream } from './body-stream.ts'
import { BytesResponse } from './bytes-response.ts'
import { answerError } from './refuse.ts'
import { send } from './send.ts'

/** Answers a request of Node's server. Never rejects, and settles when the answer was sent or its client is gone. */
export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>

/**
 * A handler as a listener of Node's server.
 *
 * @param isLast Whether the connection has to end with the answer to this request (never).
 */
export function listenerFor(
  kit: Pick<Ocikit, 'fetch'>,
  isLast: (incoming: IncomingMessage) => boolean = () => false,
): Listener {
  return getRequestListener(
    async (request, bindings) => {
      const { incoming, outgoing } = bindings as HttpBindings
      const address = incoming.socket.remoteAddress?.replace(/^::ffff:/, '')
      const response = await kit.fetch(request, bindings, hostFor(request, incoming, address))
      if (isLast(incoming)) outgoing.setHeader('connection', 'close')
      await send(response, outgoing)
      return RESPONSE_ALREADY_SENT
    },
    { overrideGlobalObjects: false, errorHandler: answerError },
  )
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
