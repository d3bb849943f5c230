import type { Body, CallOptions, Content, ErrorEntry, ListOptions, Upload } from '../../src/index.ts'
import { type Descriptor, type Digest, RegistryError, type Span } from '../../src/oci/index.ts'

/** One request. */
export interface Call extends CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
  /** Of the body; more or fewer are an error of the server's. */
  readonly size?: number | undefined
  /** Where the body goes. */
  readonly offset?: number
  /** What a 404 without a body means. */
  readonly unknown?: string
}

/** Sends a request; anything but 2xx is thrown. */
export type Send = (method: string, path: string, call?: Call) => Promise<Response>

/** What the requests go through. */
export interface Wire {
  readonly url: string
  fetch(request: Request): Promise<Response>
  /** Hold bodies to their size here: HTTP libraries do not let a client lie about it. */
  readonly counts?: boolean
}

/** Makes requests out of calls. */
export function sender(wire: Wire): Send {
  return async (method, path, { signal, body, size, offset, ...call } = {}) => {
    signal?.throwIfAborted()
    const headers = new Headers(call.headers)
    const length = size ?? (body instanceof Uint8Array ? body.length : body ? undefined : bodyless(method))
    if (length !== undefined) headers.set('content-length', String(length))
    if (offset !== undefined && length) headers.set('content-range', `${offset}-${offset + length - 1}`)
    const stream = body && new Cut(body, wire.counts ? size : undefined)
    const init = { method, headers, ...(stream ? { body: stream.stream, duplex: 'half' as const } : {}) }
    const request = new Request(new URL(path, wire.url), { ...init, ...(signal ? { signal } : {}) })
    try {
      const response = await wire.fetch(request)
      signal?.throwIfAborted()
      if (!response.ok) throw await errorOf(response, call.unknown)
      return response
    } catch (error) {
      throw stream?.failure ?? error
    } finally {
      await stream?.end()
    }
  }
}

function bodyless(method: string): number | undefined {
  return method === 'GET' || method === 'HEAD' ? undefined : 0
}

/** A body that can be cancelled after somebody else has locked it. */
class Cut {
  readonly stream: ReadableStream<Uint8Array>
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>

  /** The body is not as long as it was said to be. */
  failure: RegistryError | undefined

  constructor(body: Body, size: number | undefined) {
    const source = body instanceof Uint8Array ? streamOf(body) : body
    const reader = source.getReader()
    this.#reader = reader
    let left = size
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      const { value, done } = await reader.read()
      if (left !== undefined) left -= value?.length ?? 0
      if (left !== undefined && (done ? left !== 0 : left < 0)) {
        this.failure = new RegistryError('SIZE_INVALID', 'the body has another length')
        return controller.error(this.failure)
      }
      if (done) controller.close()
      else controller.enqueue(value)
    }
    const cancel = (reason: unknown): Promise<void> => reader.cancel(reason)
    this.stream = new ReadableStream({ pull, cancel }, { highWaterMark: 0 })
  }

  /** Lets go of what was not read. */
  async end(): Promise<void> {
    await this.#reader.cancel().catch(() => {})
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes)
      controller.close()
    },
  })
}

async function errorOf(response: Response, unknown: string | undefined): Promise<RegistryError> {
  const { status, headers } = response
  const text = await response.text()
  if (text === '') return new RegistryError(unknown ?? 'UNKNOWN', 'no body', { status })
  const [{ code, message, detail }, ...also] = (JSON.parse(text) as { errors: [ErrorEntry] }).errors
  const upload = headers.has('location') ? { upload: uploadOf(response) } : {}
  return new RegistryError(code, message, { status, detail, also, ...upload })
}

/** Where an upload stands: `0-0` is taken for an empty one. */
export function uploadOf({ headers }: Response): Upload {
  const last = Number(/^0-(\d+)$/.exec(headers.get('range') ?? '')?.[1] ?? 0)
  return { id: headers.get('location')!.split('/').at(-1)!, offset: last === 0 ? 0 : last + 1 }
}

/** What the headers of an answer describe. */
export function descriptorOf(response: Response): Descriptor {
  return {
    mediaType: response.headers.get('content-type')!,
    digest: response.headers.get('docker-content-digest') as Digest,
    size: sizeOf(response),
  }
}

/** The length of the whole. */
export function sizeOf({ headers }: Response): number {
  return Number(headers.get('content-range')?.split('/')[1] ?? headers.get('content-length'))
}

/** The body of an answer as a content. */
export function contentOf(response: Response): Content {
  const match = /^bytes (\d+)-(\d+)\//.exec(response.headers.get('content-range') ?? '')
  const [first, last] = [Number(match?.[1]), Number(match?.[2])]
  const range: { range?: Span } = match ? { range: { offset: first, length: last - first + 1 } } : {}
  let opened: ReadableStream<Uint8Array> | undefined
  const stream = (): ReadableStream<Uint8Array> => {
    if (opened) throw new TypeError('opened before')
    opened = response.body ?? streamOf(new Uint8Array())
    return opened
  }
  return {
    descriptor: descriptorOf(response),
    ...range,
    stream,
    async bytes(limit = Number.POSITIVE_INFINITY) {
      const length = Number(response.headers.get('content-length'))
      if (length > limit) throw new RegistryError('SIZE_INVALID', `more than ${limit} bytes`)
      return new Uint8Array(await new Response(stream() as BodyInit).arrayBuffer())
    },
    async [Symbol.asyncDispose]() {
      if (response.body && !response.body.locked) await response.body.cancel()
    },
  }
}

/** Follows `Link` until the limit is reached. */
export async function* pages<T>(
  send: Send,
  path: string,
  field: string,
  { after, limit, ...call }: ListOptions = {},
): AsyncGenerator<T, void, void> {
  const query = new URLSearchParams()
  if (after !== undefined) query.set('last', after)
  if (limit !== undefined) query.set('n', String(limit))
  let given = 0
  for (let next: string | undefined = `${path}?${query}`; next !== undefined; ) {
    const response = await send('GET', next, call)
    const found = ((await response.json()) as Record<string, T[]>)[field]!
    for (const each of found) {
      if (given++ === limit) return
      yield each
    }
    next = given === limit ? undefined : /^<([^>]+)>/.exec(response.headers.get('link') ?? '')?.[1]
  }
}
