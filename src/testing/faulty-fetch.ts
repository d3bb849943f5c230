import type { Send } from './recorder.ts'

/** How often something goes wrong, of a hundred requests each (0). */
export interface Faults {
  /** Never reaches the registry. */
  readonly refuse?: number
  /** Reaches it, and its answer gets lost. */
  readonly lose?: number
  /** The answer to a GET breaks off with an error. */
  readonly drop?: number
  /** The answer to a GET ends early, as if it were whole. */
  readonly truncate?: number
  /** One byte of the answer to a GET is another. */
  readonly corrupt?: number
  /** 429, 500, 502 or 503 in place of the registry, half of them with `Retry-After: 0`. */
  readonly busy?: number
  /** Up to 3 milliseconds late. */
  readonly delay?: number
}

/** A wire that fails. */
export interface FaultyFetch {
  /** Sends, or fails to. */
  readonly fetch: Send
  /** How often each fault has happened so far; absent if never. */
  readonly counts: Readonly<Partial<Record<keyof Faults, number>>>
}

/**
 * A wire that fails at random: connections are refused, dropped before the answer or in the middle of it, answers are
 * late, short, changed, or of a registry that is busy. An answer that is damaged is in memory once.
 *
 * @param random From 0 up to 1, as `Math.random` (the default); a seeded one makes faults that come again.
 *
 * @example
 * ```ts
 * import { createClient } from 'ocikit/client'
 * import { faultyFetch, testRegistry } from 'ocikit/testing'
 *
 * await using there = testRegistry()
 * const wire = faultyFetch(there.fetch, { busy: 100 })
 * const client = createClient('registry.test', { fetch: wire.fetch, retry: { tries: 2, firstDelay: 1 } })
 * await client.ping().catch(() => console.log(wire.counts.busy)) // 3
 * ```
 */
export function faultyFetch(send: Send, faults: Faults, random: () => number = Math.random): FaultyFetch {
  const counts: Partial<Record<keyof Faults, number>> = {}
  const happens = (name: keyof Faults): boolean => {
    if (random() * 100 >= (faults[name] ?? 0)) return false
    counts[name] = (counts[name] ?? 0) + 1
    return true
  }
  const fetch: Send = async (url, init) => {
    if (happens('delay')) await new Promise((resolve) => setTimeout(resolve, random() * 3))
    if (happens('refuse')) throw new TypeError('connection refused')
    if (happens('busy')) return busy(random)
    const response = await send(url, init)
    if (happens('lose')) {
      await response.body?.cancel()
      throw new TypeError('other side closed')
    }
    if (!response.body || (init.method ?? 'GET') !== 'GET') return response
    const damage = (['drop', 'truncate', 'corrupt'] as const).find(happens)
    return damage ? damaged(response, damage, random) : response
  }
  return { fetch, counts }
}

function busy(random: () => number): Response {
  const status = [429, 500, 502, 503][Math.floor(random() * 4)]!
  return new Response('busy', { status, headers: random() < 0.5 ? { 'retry-after': '0' } : {} })
}

async function damaged(
  response: Response,
  damage: 'drop' | 'truncate' | 'corrupt',
  random: () => number,
): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const at = Math.floor(random() * bytes.length)
  if (damage === 'corrupt' && bytes.length > 0) bytes[at]! ^= 1
  const shown = damage === 'corrupt' ? bytes : bytes.subarray(0, at)
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (shown.length > 0) controller.enqueue(shown)
      if (damage === 'drop') controller.error(new TypeError('terminated'))
      else controller.close()
    },
  })
  return new Response(body, response)
}
