import type { Drained, Outbox } from './contract.ts'
import { deliver, type Sending } from './deliver.ts'
import type { Post } from './entry.ts'
import type { Hook } from './hook.ts'
import { leasesOf } from './lease.ts'
import { outlasts } from './outlasted.ts'
import { queuedRepositories } from './queue.ts'
import { inTurns, NOTHING } from './turns.ts'

/** Queues of a receiver that are sent from at once: each has one request on its way. */
const AT_ONCE = 4

/** How long a step of a run may take beside its request, in milliseconds. */
const STEP = 60_000

/** Sends what waits for receivers, to each in runs of its own: one that is slow keeps no other waiting. */
export function draining(post: Post, hooks: readonly Hook[]): Pick<Outbox, 'drain' | 'close'> {
  const leases = leasesOf(post)
  const isOld = outlasts(post, post.options.patience)
  // A run has one of its own: Workers let no request touch what another one has made.
  const stops = new Map<Hook, AbortController>()
  let isClosed = false
  const all = hooks.map((hook) =>
    inTurns(async ({ within, signal: given }, isMine) => {
      const done = { ...NOTHING }
      const stop = new AbortController()
      stops.set(hook, stop)
      if (isClosed) stop.abort()
      const signal = given ? AbortSignal.any([stop.signal, given]) : stop.signal
      const goesOn = () => isMine() && !signal.aborted
      const may = async () => within() && (await leases.hold(hook.id)) && goesOn()
      await drainHook({ post, hook, isOld, signal, goesOn, may, done }, () => leases.take(hook.id))
      return done
    }, post.options.timeout + STEP),
  )
  return {
    async drain({ limit = Number.POSITIVE_INFINITY, signal } = {}) {
      if (isClosed) return NOTHING
      let left = limit
      return sumOf(await allEnded(all.map((turns) => turns.next({ within: () => left-- > 0, signal }))))
    },
    async close() {
      isClosed = true
      for (const stop of stops.values()) stop.abort()
      await Promise.all(all.map((turns) => turns.ended()))
      await leases.end()
    },
  }
}

function sumOf(all: readonly Drained[]): Drained {
  const sum = { ...NOTHING }
  for (const { sent, failed, undeliverable } of all) {
    sum.sent += sent
    sum.failed += failed
    sum.undeliverable += undeliverable
  }
  return sum
}

/** Waits for all, also if one fails: nothing goes on behind a run that has ended. @throws the first failure. */
async function allEnded<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

/** The lease is asked for only if there is something to send. */
async function drainHook(sending: Sending, take: () => Promise<boolean>): Promise<void> {
  const repositories = queuedRepositories(sending.post, sending.hook)
  const first = await repositories.next()
  if (first.done || !sending.goesOn() || !(await take())) return
  let failure: { readonly error: unknown } | undefined
  const work = async (given?: string): Promise<void> => {
    let repo = given
    while (repo !== undefined && sending.goesOn()) {
      // A queue that cannot be read keeps no other one waiting.
      await deliver(sending, repo).catch((error: unknown) => {
        failure ??= { error }
      })
      repo = (await repositories.next()).value ?? undefined
    }
  }
  const others = Array.from({ length: AT_ONCE - 1 }, async () =>
    work((await repositories.next()).value ?? undefined),
  )
  await allEnded([work(first.value), ...others])
  if (failure) throw failure.error
}
