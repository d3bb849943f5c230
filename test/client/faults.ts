/**
 * A wire that fails: connections are refused, dropped before the answer or in the middle of it, answers are late,
 * short, changed, or of a registry that is busy. Which ones is decided by a seed.
 * @module
 */

/** Sends requests. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** What goes wrong, of a hundred requests each. */
export interface Faults {
  /** Never reaches the registry. */
  readonly refuse: number
  /** Reaches it, and its answer gets lost. */
  readonly lose: number
  /** The answer breaks off with an error. */
  readonly drop: number
  /** The answer ends early, as if it were whole. */
  readonly truncate: number
  /** One byte of the answer is another. */
  readonly corrupt: number
  /** 429, 500, 502 or 503 in place of the registry. */
  readonly busy: number
  /** A moment late. */
  readonly delay: number
}

/** Wraps a wire. */
export function faulty(
  fetch: Fetch,
  faults: Faults,
  random: () => number,
): { fetch: Fetch; counts: Record<string, number> } {
  const counts: Record<string, number> = {}
  const happens = (name: keyof Faults): boolean => {
    if (random() * 100 >= faults[name]) return false
    counts[name] = (counts[name] ?? 0) + 1
    return true
  }
  const send: Fetch = async (url, init) => {
    if (happens('delay')) await new Promise((resolve) => setTimeout(resolve, random() * 3))
    if (happens('refuse')) throw new TypeError('connection refused')
    if (happens('busy')) return busy(random)
    const response = await fetch(url, init)
    if (happens('lose')) {
      await response.body?.cancel()
      throw new TypeError('other side closed')
    }
    if (!response.body || init.method !== 'GET') return response
    const damage = (['drop', 'truncate', 'corrupt'] as const).find(happens)
    return damage ? damaged(response, damage, random) : response
  }
  return { fetch: send, counts }
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
