import type { ExecutionContext } from './types.ts'

/**
 * How much of a body is read that nobody wants, in bytes, and how long that holds the answer up, in milliseconds.
 * workerd resets the connection of a client that is still sending, which then never sees why it was refused.
 */
const DRAINED = 64 * 1024 * 1024
const PATIENCE = 500

/** Cloudflare's stream that moves bytes without JavaScript. */
type IdentityStreamClass = new () => TransformStream<Uint8Array, Uint8Array>

/** The body of a request, whatever becomes of it. */
export interface Upload {
  /** The body, the same at each call; `null` if there is none. */
  body(): ReadableStream<Uint8Array> | null
  /** The answer is an error, and may be sent once the client has seen the end of its body, or soon after. */
  refused(): Promise<void>
}

/** Takes care of the rest of a request's body. */
export function uploadOf(request: Request, context: ExecutionContext): Upload {
  const source = request.body
  const { IdentityTransformStream: Identity = TransformStream as IdentityStreamClass } = globalThis as {
    IdentityTransformStream?: IdentityStreamClass
  }
  let given: ReadableStream<Uint8Array> | undefined
  let read: Promise<void> | undefined
  return {
    body() {
      if (source === null || given) return given ?? null
      // The runtime moves the bytes by itself; whoever cancels this end leaves the rest in the source.
      const { readable, writable } = new Identity()
      read = source.pipeTo(writable, { preventCancel: true }).catch(() => drain(source))
      context.waitUntil(read)
      given = readable
      return readable
    },
    async refused() {
      if (source === null) return
      read ??= drain(source)
      context.waitUntil(read)
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, PATIENCE)
      })
      await Promise.race([read, late])
      clearTimeout(timer)
    },
  }
}

async function drain(source: ReadableStream<Uint8Array>): Promise<void> {
  try {
    const reader = source.getReader()
    for (let left = DRAINED; left > 0; ) {
      const { done, value } = await reader.read()
      if (done) return
      left -= value.length
    }
    await reader.cancel()
  } catch {
    // The client went away, or middleware has the body.
  }
}
