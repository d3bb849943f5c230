/**
 * What Cloudflare refuses, and what to do then.
 * @module
 */

import { RegistryError } from '../../../src/oci/index.ts'
import type { KvNamespace } from './cloudflare-types.ts'

/** How often a write is tried, and how long the first pause is, in milliseconds. */
const TRIES = 4
const FIRST_PAUSE = 400

/**
 * A namespace whose writes wait for their turn, since KV takes one a second for each key, and whose errors say what
 * to do where a request asks more of it than the Worker's plan allows.
 */
export function polite(kv: KvNamespace): KvNamespace {
  return {
    get: (key, options) => kv.get(key, options).catch(explain),
    getWithMetadata: (key, options) => kv.getWithMetadata(key, options).catch(explain),
    put: (key, value, options) =>
      // A stream that was read cannot be sent again, and its key is not written twice.
      (value instanceof ReadableStream
        ? kv.put(key, value, options)
        : paced(() => kv.put(key, value, options))
      ).catch(explain),
    delete: (key) => paced(() => kv.delete(key)).catch(explain),
    list: (options) => kv.list(options).catch(explain),
  }
}

async function paced(work: () => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      if (!isTooSoon(error) || tried === TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE * 2 ** (tried - 1)))
    }
  }
}

/** The binding shows the status in the message only, as in `KV PUT failed: 429 Too Many Requests`. */
function isTooSoon(error: unknown): boolean {
  return error instanceof Error && /\b429\b/.test(error.message)
}

/** Whether it may go well the next time. It may have had an effect or not. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && /\bfailed: 5\d\d\b|network connection lost/i.test(error.message)
}

function explain(error: unknown): never {
  if (isTooSoon(error)) {
    throw new RegistryError('TOOMANYREQUESTS', 'this was written too often in a moment: try again', {
      headers: { 'retry-after': '1' },
      cause: error,
    })
  }
  if (isPassing(error)) {
    throw new RegistryError('UNAVAILABLE', 'the storage does not answer: try again later', {
      headers: { 'retry-after': '5' },
      cause: error,
    })
  }
  if (error instanceof Error && /too many (?:subrequests|api requests)/i.test(error.message)) {
    const text =
      'this takes more operations than a request may have on this plan of Cloudflare Workers: use fewer layers, or the paid plan'
    throw new RegistryError('DENIED', text, { status: 403, cause: error })
  }
  throw error
}
