import { decode, encode } from '../engine/index.ts'
import type { Drained } from './contract.ts'
import type { Entry, Post, QueueState } from './entry.ts'
import type { Hook } from './hook.ts'
import { deadKey, entryKey, stateKey } from './keys.ts'
import type { Outlasted } from './outlasted.ts'
import { type Queued, queued } from './queue.ts'
import { type Answer, send } from './send.ts'

/** One run of sending. */
export interface Sending {
  readonly post: Post
  readonly hook: Hook
  readonly signal: AbortSignal
  /** Whether a change has been under way for too long. */
  readonly isOld: Outlasted
  /** Whether the run has not ended. */
  goesOn(): boolean
  /** Whether one more request may be made now. */
  may(): Promise<boolean>
  readonly done: { -readonly [K in keyof Drained]: Drained[K] }
}

/**
 * Sends what a queue has, in order, until something is not received: then the rest waits with it.
 *
 * Killed after a receipt and before the records are dropped: the same events are sent again, with the same ids.
 */
export async function deliver(sending: Sending, repo: string): Promise<void> {
  const { post, hook, isOld } = sending
  const key = stateKey(hook.id, repo)
  const rec = await post.records.get(key)
  const state = rec && decode<QueueState>(rec.value)
  if (state && state.next > post.now()) return
  let isFirst = true
  for await (const item of queued(post, hook, repo, isOld)) {
    const before = state?.place === item.place ? state : { place: item.place, sent: 0, tries: 0, next: 0 }
    const { sent, answer } = await sendAll(sending, item, before.sent)
    if (!answer) return
    if (!answer.received) {
      const tries = (sent === before.sent ? before.tries : 0) + 1
      if (!answer.gone && tries < post.options.tries) {
        const next = post.now() + waitAfter(post, tries, answer)
        await post.records.put(key, encode({ place: item.place, sent, tries, next }))
        sending.done.failed++
        return
      }
      await bury(sending, repo, item, answer.why)
    }
    await post.records.drop((['a', 'z'] as const).map((what) => entryKey(hook.id, repo, item.place, what)))
    if (rec && isFirst) await post.records.remove(key, rec.version)
    isFirst = false
  }
}

/** @returns no answer if nothing may be sent now. */
async function sendAll(
  { post, hook, signal, may, done }: Sending,
  { place, entry }: Queued,
  from: number,
): Promise<{ sent: number; answer: Answer | null }> {
  let answer: Answer = { received: true }
  let sent = from
  for (; sent < entry.events.length; sent++) {
    if (signal.aborted || !(await may())) return { sent, answer: null }
    answer = await send(post, hook, place, entry, sent, signal)
    // What was given up because this process ends says nothing of the receiver.
    if (!answer.received) return { sent, answer: signal.aborted ? null : answer }
    done.sent++
  }
  return { sent, answer }
}

/** Twice as long each time, and up to a half more, so that many do not come back at once. */
function waitAfter({ options }: Post, tries: number, answer: Answer): number {
  const { first, longest } = options.wait
  const wait = Math.min(longest, first * 2 ** Math.min(tries - 1, 40))
  const asked = answer.received ? 0 : Math.min(longest, answer.wait ?? 0)
  return Math.max(asked, wait * (1 + Math.random() / 2))
}

/** Keeps what is sent no more. */
async function bury(
  { post, hook, done }: Sending,
  repo: string,
  { place, entry }: Queued,
  why: string,
): Promise<void> {
  const dead: Entry = { ...entry, why }
  await post.records.create(deadKey(hook.id, repo, place), encode(dead))
  done.undeliverable++
  post.report('a webhook is sent no more: ocikit webhooks retry sends it again, drop removes it', {
    host: hook.host,
    repository: repo,
    id: entry.id,
    why,
  })
}
