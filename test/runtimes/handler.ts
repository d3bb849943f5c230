import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../../src/index.ts'

type Handler = (request: Request, host: Host) => Response | Promise<Response>

/** What differs between the runtimes. */
interface Situation {
  /** Longer than the shim waits for silence, in milliseconds. */
  readonly long: number
  /** How long a request takes that is still served while the server closes, in milliseconds. */
  readonly busy: number
  /** The server itself. */
  readonly server: () => { close(options: { grace: number }): Promise<void> }
}

/** A handler whose paths do what the tests of a shim need. */
export function handlerIn(situation: Situation) {
  const handlers = handlersIn(situation)
  return async (request: Request, _env: unknown, host: Host = {}): Promise<Response> => {
    const handler = handlers[new URL(request.url).pathname]
    return handler ? handler(request, host) : new Response('nothing', { status: 404 })
  }
}

const handlersIn = ({ long, busy, server }: Situation): Readonly<Record<string, Handler>> => ({
  '/about': (request, { address }) => Response.json({ url: request.url, address }),
  '/count': async (request, host) => {
    let bytes = 0
    try {
      for await (const chunk of host.body!(request) ?? []) bytes += chunk.length
    } catch {
      return new Response('broken', { status: 500 })
    }
    return Response.json({ bytes })
  },
  '/late': async () => {
    await sleep(long)
    return new Response('late')
  },
  '/pause': () => {
    const parts = ['one ', 'two']
    return streamed(async () => {
      if (parts.length < 2) await sleep(long)
      return parts.shift()
    })
  },
  '/endless': () =>
    streamed(
      async () => 'x'.repeat(65_536),
      () => console.log('cancelled'),
    ),
  '/failing': () => {
    let first = true
    return streamed(async () => {
      if (!first) throw new Error('the disk is gone')
      first = false
      return 'half'
    })
  },
  '/head': () => new Response(null, { headers: { 'content-length': '12345' } }),
  '/headstream': () =>
    streamed(
      async () => 'x',
      () => console.log('cancelled'),
    ),
  '/refused': () => new Response('no', { status: 401, headers: { 'content-length': '2' } }),
  '/cancelled': async (request, host) => {
    await host.body!(request)?.cancel()
    return new Response('no', { status: 413, headers: { 'content-length': '2' } })
  },
  '/throws': () => Promise.reject(new Error('the inside')),
  '/close': (request) => {
    const grace = Number(new URL(request.url).searchParams.get('grace') ?? 20_000)
    setTimeout(() => {
      server()
        .close({ grace })
        .then(() => console.log('closed'), console.log)
    }, 100)
    return new Response('closing')
  },
  '/busy': async () => {
    await sleep(busy)
    return new Response('done')
  },
})

function streamed(next: () => Promise<string | undefined>, cancel = () => {}): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const text = await next()
        if (text === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(text))
      },
      cancel,
    },
    { highWaterMark: 0 },
  )
  return new Response(body)
}
