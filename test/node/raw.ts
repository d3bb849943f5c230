import { connect, type Socket } from 'node:net'

/** How long something is waited for that comes soon as a rule, in milliseconds: the machine may be busy. */
const PATIENCE = 25_000

/** A bare connection, for what no HTTP client would send. */
export interface Raw extends AsyncDisposable {
  readonly socket: Socket
  /** Everything received so far, as latin1. */
  text(): string
  /** Resolves when `pattern` has been received. */
  received(pattern: RegExp, ms?: number): Promise<string>
  /** Resolves when the connection is over, whichever way. */
  closed(ms?: number): Promise<string>
}

export async function raw(port: number, ...writes: string[]): Promise<Raw> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  const text = () => Buffer.concat(chunks).toString('latin1')
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  for (const write of writes) socket.write(write)
  return {
    socket,
    text,
    received: (pattern, ms = PATIENCE) =>
      bounded(ms, `no ${pattern} in ${JSON.stringify(text())}`, (done) => {
        const look = () => {
          if (pattern.test(text())) done(text())
          else if (socket.closed) throw new Error(`closed before ${pattern}: ${JSON.stringify(text())}`)
        }
        socket.on('data', look)
        look()
      }),
    closed: (ms = PATIENCE) =>
      bounded(ms, `still open after ${JSON.stringify(text())}`, (done) => {
        if (socket.closed) done(text())
        else socket.once('close', () => done(text()))
      }),
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}

function bounded<T>(ms: number, what: string, start: (done: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(what)), ms)
    start((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}

/** Waits until `look` is true. */
export async function until(look: () => boolean, ms = PATIENCE): Promise<void> {
  const end = Date.now() + ms
  while (!look()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${look}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A body whose chunks come one by one; it fails as `parts` fails. */
export function bodyOf(parts: AsyncIterator<string>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(new TextEncoder().encode(value))
    },
  })
}
