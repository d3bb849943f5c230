import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Agent as TlsAgent } from 'node:https'
import { bodyStream } from './body-stream.ts'
import { pump } from './pump.ts'

/** How long a connection is kept for the next request, in milliseconds; stores keep theirs longer. */
const KEPT = 4_000
/** Statuses of answers that never have a body (Fetch Standard, null body status). */
const BODILESS: readonly number[] = [204, 205, 304]

const PLAIN = new Agent({ keepAlive: true, timeout: KEPT })
const tlsAgents: { verified?: TlsAgent; unverified?: TlsAgent } = {}

/**
 * Sends a request by Node's own client: for who moves many bytes, since `fetch` copies each chunk twice and leaves
 * them all to the garbage collector. It follows no redirect and decodes nothing. The body is bytes, a text, or a stream whose
 * length stands among the headers.
 *
 * @returns The answer as soon as it begins. Its body is to be read to the end or cancelled.
 * @throws What Node's client reports, an `AbortError` when the signal fires, or what the body fails with.
 */
export function nodeFetch(url: string, init?: RequestInit): Promise<Response> {
  return fetchThrough('verified', url, init)
}

/** {@link nodeFetch} that takes any certificate: whoever is on the line can read and change everything. */
export function unverifiedFetch(url: string, init?: RequestInit): Promise<Response> {
  return fetchThrough('unverified', url, init)
}

async function fetchThrough(
  tls: keyof typeof tlsAgents,
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  const { method = 'GET', signal, body } = init
  const target = new URL(url)
  const [start, agent] = target.protocol === 'https:' ? await tlsOf(tls) : ([request, PLAIN] as const)
  const headers = Object.fromEntries(new Headers(init.headers))
  const outgoing = start(target, { method, headers, agent, ...(signal ? { signal } : {}) })
  return new Promise((resolve, reject) => {
    // Also those that come after the answer, which its body tells of.
    outgoing.on('error', reject)
    outgoing.once('response', (incoming) => {
      // Whoever has answered to its end wants no more of the body.
      incoming.once('end', () => {
        if (!outgoing.writableFinished) outgoing.destroy()
      })
      try {
        resolve(answerOf(method, incoming))
      } catch (error) {
        // A status that there is not: thrown here, it would end the process.
        reject(error)
        incoming.destroy()
      }
    })
    write(body, outgoing).catch((error: Error) => {
      reject(error)
      outgoing.destroy(error)
    })
  })
}

/** Read when it is needed: on this machine registries have no TLS, and it takes as long as all the rest. */
async function tlsOf(name: keyof typeof tlsAgents): Promise<readonly [typeof request, Agent]> {
  const { Agent: Tls, request: start } = await import('node:https')
  tlsAgents[name] ??= new Tls({ keepAlive: true, timeout: KEPT, rejectUnauthorized: name === 'verified' })
  return [start, tlsAgents[name]]
}

async function write(body: RequestInit['body'], outgoing: ClientRequest): Promise<void> {
  if (body instanceof ReadableStream) await pump(body, outgoing)
  if (outgoing.destroyed) return
  if (body instanceof Uint8Array || typeof body === 'string') outgoing.end(body)
  else outgoing.end()
}

function answerOf(method: string, incoming: IncomingMessage): Response {
  const { statusCode: status = 0, rawHeaders } = incoming
  const headers = new Headers()
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!)
  if (method !== 'HEAD' && !BODILESS.includes(status))
    return new Response(
      bodyStream(incoming, () => incoming.destroy()),
      { status, headers },
    )
  incoming.resume()
  return new Response(null, { status, headers })
}
