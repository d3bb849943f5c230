import { counted } from '../body.ts'
import type { Context, Subject } from '../registry.ts'
import type { Inspector, Measured, Metrics } from '../watch/index.ts'
import type { Surroundings } from './handle.ts'
import type { ApiRequest } from './parse.ts'

/** What is found out about a request on the way. */
export interface Trace {
  readonly id: string
  subject: Subject | null
  warnings: readonly string[]
  api?: ApiRequest
  /** The credentials were right, or there were none. */
  identified?: boolean
  /** The registry that the name was taken to be of, if the client has said so. */
  namespace?: string | null
  /** Absent unless the request is inspected. */
  readonly inspect?: Context['inspect']
  /** Absent without metrics. */
  readonly measured?: Measured
}

/** Who looks on. */
export interface Watchers {
  readonly inspector?: Inspector | undefined
  readonly metrics?: Metrics | undefined
}

export function beginTrace({ inspector, metrics }: Watchers, request: Request): Trace {
  const id = crypto.randomUUID()
  const inspect = inspector && inspecting(inspector, request, id)
  inspect?.('request', { method: request.method, url: request.url, headers: request.headers })
  return {
    id,
    subject: null,
    warnings: [],
    ...(inspect && { inspect }),
    ...(metrics && { measured: metrics.begin() }),
  }
}

/** What only looks must not change what happens: whatever it throws is ignored. */
function inspecting(inspector: Inspector, request: Request, id: string): Context['inspect'] {
  try {
    const show = inspector.begin(request, id)
    return (
      show &&
      ((label, value) => {
        try {
          show(label, value)
        } catch {}
      })
    )
  } catch {
    return undefined
  }
}

/** The request's body, the same at each call. It is counted where it does not say how long it is. */
export function bodyOf(
  request: Request,
  around: Surroundings,
  { measured }: Trace,
): () => ReadableStream<Uint8Array> | null {
  const plain = () => around.body?.(request) ?? request.body
  if (!measured || request.headers.has('content-length')) return plain
  let body: ReadableStream<Uint8Array> | null | undefined
  return () => {
    if (body === undefined) {
      const stream = plain()
      body = stream && counted(stream, (bytes) => measured.received(bytes))
    }
    return body
  }
}
