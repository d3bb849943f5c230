import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Ocikit } from '../../src/index.ts'
import { watch } from '../node/connections.ts'
import { listenerFor } from '../node/listener.ts'

/** How patient the handler is. */
export interface ApiHandlerOptions {
  /**
   * How long a client may neither send the rest of its body nor read its answer, in milliseconds; then its
   * connection is cut. Waiting for the registry is never cut; 0 means for ever (2 minutes).
   */
  silence?: number
  /**
   * How long a whole request may take, in milliseconds, and that on the whole server, other routes included: Node
   * has one such limit, of 5 minutes, and Next does not change it. 0 means for ever; null leaves it as it is (0).
   */
  requestTimeout?: number | null
}

/** What a file below `pages/api` exports by default. It is given what Node's server is given. */
export type ApiHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/**
 * A registry as an API route of the Pages Router, to which a rewrite leads `/v2`. Every header goes out as it is, and
 * bodies stream; blobs on disk are sent as `ocikit/node` sends them.
 *
 * The file must also say `export const config = { api: { bodyParser: false, responseLimit: false } }`, or else Next reads
 * the bodies of requests, and logs a warning for every answer of more than 4 MB. The configuration of Next needs
 * `skipTrailingSlashRedirect: true` and the rewrite. With a `proxy.ts`, leave `/v2` out of its `matcher`: Next keeps the
 * bodies of what it matches in memory, and only their first 10 MB.
 *
 * The handler gets no `env`, so an option that is a function of it, such as `storage`, is called once, at the first
 * request: `next build` then opens nothing.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open } from 'ocikit'
 * import { toApiHandler } from 'ocikit/next'
 *
 * export const config = { api: { bodyParser: false, responseLimit: false } }
 * export default toApiHandler(ocikit({ storage: memory(), auth: open() }))
 * ```
 */
export function toApiHandler(
  kit: Pick<Ocikit, 'fetch'>,
  { silence = 120_000, requestTimeout = 0 }: ApiHandlerOptions = {},
): ApiHandler {
  const listener = listenerFor({ fetch: (request, _bindings, host) => kit.fetch(request, undefined, host) })
  return (request, response) => {
    if (requestTimeout !== null) serverOf(request).requestTimeout = requestTimeout
    watch(request, response, silence)
    return listener(request, response)
  }
}

/** The server that a request came to: Node sets it on each of its sockets. */
function serverOf({ socket }: IncomingMessage): { requestTimeout?: number } {
  return (socket as { server?: { requestTimeout?: number } }).server ?? {}
}
