import { CLOUD_EVENT, cloudEvent, type StoredEvent } from './cloud-event.ts'
import type { Entry, Post } from './entry.ts'
import type { Hook } from './hook.ts'
import { signatureHeaders } from './sign.ts'

/** What came of a request. */
export type Answer =
  | { readonly received: true }
  /** `gone`: the receiver wants nothing of the kind any more. `wait`: milliseconds that it asks for. */
  | { readonly received: false; readonly why: string; readonly gone: boolean; readonly wait?: number }

/**
 * Sends one event of a change. Any answer of 2xx is a receipt. Redirects are not followed: they would lead what was
 * signed for one receiver to another, maybe within this network. Never rejects.
 */
export async function send(
  { options, now }: Post,
  hook: Hook,
  place: string,
  entry: Entry,
  index: number,
  signal: AbortSignal,
): Promise<Answer> {
  const id = `${entry.id}.${index}`
  const body = cloudEvent(entry.events[index] as StoredEvent, {
    id,
    source: options.source,
    time: entry.time,
    sequence: `${place}.${String(index).padStart(4, '0')}`,
    outcome: entry.outcome ?? 'unknown',
  })
  try {
    const headers = { 'content-type': CLOUD_EVENT, ...(await signatureHeaders(hook.keys, id, now(), body)) }
    const response = await options.fetch(hook.url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(options.timeout)]),
    })
    // Nobody reads it; a connection that is given up costs less than an answer that never ends.
    await response.body?.cancel().catch(() => {})
    return response.ok ? { received: true } : refused(response)
  } catch (error) {
    return { received: false, why: reason(error), gone: false }
  }
}

function refused({ status, headers }: Response): Answer {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return {
    received: false,
    why: status === 0 ? 'it redirects' : `it answers ${status}`,
    gone: status === 410,
    ...(seconds > 0 ? { wait: seconds * 1000 } : {}),
  }
}

/** Runtimes put the cause beside a message that says nothing; no part of it has the URL. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached'
  if (error.name === 'TimeoutError') return 'it does not answer in time'
  const { code } = (error.cause ?? error) as { code?: unknown }
  return typeof code === 'string' ? `it cannot be reached: ${code}` : 'it cannot be reached'
}
