import type { NativeServer } from './runtime.ts'

/** Longest time that Bun's clock can measure, in seconds. */
const LONGEST = 255
/** Bun looks at its clocks every 4 seconds, and rounds down. */
const TICK = 4

/** Milliseconds as Bun counts them: never less, up to 4 seconds more, at most 255 seconds; 0 is for ever. */
export function secondsOf(milliseconds: number): number {
  return milliseconds === 0 ? 0 : Math.min(LONGEST, Math.ceil(milliseconds / 1000) + TICK)
}

/** Whose move it is on the connection of a request. Bun's own clock would run on while the handler works. */
export interface Patience {
  /** The handler works: nothing is cut. */
  handler(): void
  /** The client is to send or to read: it may be silent for so long, counted from now. */
  client(): void
  /** The answer is out: the connection is kept so long. */
  idle(): void
}

export function patienceFor(
  request: Request,
  server: NativeServer,
  limits: { readonly silence: number; readonly keepAlive: number },
): Patience {
  return {
    handler: () => server.timeout(request, 0),
    client: () => server.timeout(request, limits.silence),
    idle: () => server.timeout(request, limits.keepAlive),
  }
}

/** The same bytes, with the clock running only while the client has to send them. */
export function received(body: ReadableStream<Uint8Array>, patience: Patience): ReadableStream<Uint8Array> {
  // Not before the first read: whoever never reads leaves the body to Bun.
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= body.getReader()
        patience.client()
        try {
          const { done, value } = await reader.read()
          if (done) controller.close()
          else controller.enqueue(value)
        } finally {
          patience.handler()
        }
      },
      cancel: (reason) => (reader ?? body).cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** The same bytes, with the clock running only while the client has to read them. */
export function sent(body: ReadableStream<Uint8Array>, patience: Patience): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        patience.handler()
        const { done, value } = await reader.read()
        patience.client()
        if (!done) return controller.enqueue(value)
        controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
