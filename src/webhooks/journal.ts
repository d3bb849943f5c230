/**
 * The journal: what a change leaves in the outbox, and when. A process may be killed at every line.
 *
 * 1. The begin key is written, and with it what is about to happen. Killed before: nothing has happened. If it cannot
 *    be written, the change is not made.
 * 2. The change. Killed in it, or after it: the begin key stays, and once it is old it is told with the outcome
 *    `unknown`: it cannot be seen from outside which of the two it was.
 * 3. The answer. The end key is written beside it: not before, since the begin key is enough for that nothing is lost.
 *    Killed before it is written: `unknown` again, of a change that did happen.
 * 4. A change that was refused takes its begin key back: nothing is told. Killed before that: `unknown`.
 *
 * A blob may take hours to come in, and would hold up all that is told of its repository. So it has an end key only,
 * written between the change and the answer. Killed between the two: the blob is there, nobody was told that it is, and
 * nothing is sent; a client that pushes it again is told, and so is the receiver. If the end key cannot be written, the
 * client gets the error.
 *
 * A pull changes nothing. Its end key is written when its body begins to be read, beside the answer, and may be lost.
 * @module
 */

import type { ChangeEvent, Observer, PullEvent, RegistryEvent } from '../compose/index.ts'
import { encode, random } from '../engine/index.ts'
import { RegistryError } from '../oci/index.ts'
import type { Context } from '../registry.ts'
import { stored } from './cloud-event.ts'
import type { Entry, Post } from './entry.ts'
import type { Hook } from './hook.ts'
import { entryKey } from './keys.ts'
import { type Places, placesIn } from './places.ts'

/** A change in the queue of a receiver. */
interface Slot {
  readonly hook: Hook
  readonly repo: string
  readonly place: string
  readonly entry: Entry
}

/** Something on its way through the journal. */
interface Journal extends Post {
  readonly hooks: readonly Hook[]
  readonly places: Places
}

/**
 * Writes the journal of the changes that it stands around.
 * @param kick Is called when there is something to send, and gives back what ends when that is sent.
 */
export function journaling(post: Post, hooks: readonly Hook[], kick: () => Promise<unknown>): Observer {
  const journal: Journal = { ...post, hooks, places: placesIn(post) }
  const beside = (context: Context | undefined, work: () => Promise<unknown>): Promise<void> => {
    const failed = (message: string) => (error: unknown) => post.report(message, { error: String(error) })
    const written = work().then(() => {}, failed('an entry of the outbox could not be written'))
    const sent = written.then(kick).then(() => {}, failed('sending to webhooks failed'))
    if (!context) return written
    context.defer(sent)
    return Promise.resolve()
  }
  return {
    async change(planned, work, happened) {
      const context = planned[0]?.context
      const slots = await begin(journal, planned)
      const value = await work().catch(async (error: unknown) => {
        await beside(context, () =>
          isRefusal(error) ? takeBack(journal, slots) : end(journal, slots, 'unknown'),
        )
        throw error
      })
      const events = happened(value)
      const blobs = events.filter(({ type }) => type === 'blob')
      if (blobs.length > 0)
        await Promise.all((await open(journal, blobs)).map((slot) => write(journal, slot, 'z')))
      await beside(context, () =>
        events.length === 0 ? takeBack(journal, slots) : end(journal, slots, 'done', events),
      )
      return value
    },
    async pull() {},
    pulled(event: PullEvent) {
      if (!hooks.some((hook) => hook.wants(event))) return
      const work = async () => {
        await Promise.all((await open(journal, [event])).map((slot) => write(journal, slot, 'z')))
      }
      void beside(event.context, work)
    },
  }
}

/** Whether an error says that nothing was done. One of a server, or of a client that went away, does not. */
function isRefusal(error: unknown): boolean {
  return error instanceof RegistryError && error.status < 500
}

/** A slot for each receiver of some events, all of one repository. Nothing is written yet. */
async function open(journal: Journal, events: readonly RegistryEvent[]): Promise<Slot[]> {
  const [first] = events
  if (!first) return []
  const time = new Date(journal.now()).toISOString()
  const told = journal.hooks.map((hook) => ({ hook, wanted: events.filter((event) => hook.wants(event)) }))
  return Promise.all(
    told
      .filter(({ wanted }) => wanted.length > 0)
      .map(async ({ hook, wanted }) => ({
        hook,
        repo: first.repository,
        place: await journal.places.next(hook.id, first.repository),
        entry: {
          id: `evt_${random(12)}`,
          time,
          host: hook.host,
          events: wanted.map(stored),
          outcome: 'done',
        },
      })),
  )
}

async function begin(journal: Journal, planned: readonly ChangeEvent[]): Promise<Slot[]> {
  const slots = await open(
    journal,
    planned.filter(({ type }) => type !== 'blob'),
  )
  try {
    await Promise.all(slots.map((slot) => write(journal, slot, 'a')))
  } catch (error) {
    // All of them or none, as far as that can be.
    await takeBack(journal, slots).catch(() => {})
    throw error
  }
  return slots
}

async function write(
  { records }: Journal,
  { hook, repo, place, entry }: Slot,
  what: 'a' | 'z',
): Promise<void> {
  // Refused only if the change counts as `unknown` already: then that is what is told.
  await records.create(entryKey(hook.id, repo, place, what), encode(entry))
}

/** Says how a change has ended; of events that have happened it tells more than of those that were planned. */
async function end(
  journal: Journal,
  slots: readonly Slot[],
  outcome: 'done' | 'unknown',
  events?: readonly ChangeEvent[],
): Promise<void> {
  await Promise.all(
    slots.map((slot) => {
      const told = events?.filter((event) => slot.hook.wants(event)).map(stored) ?? slot.entry.events
      return write(journal, { ...slot, entry: { ...slot.entry, events: told, outcome } }, 'z')
    }),
  )
}

async function takeBack({ records }: Journal, slots: readonly Slot[]): Promise<void> {
  if (slots.length > 0)
    await records.drop(slots.map(({ hook, repo, place }) => entryKey(hook.id, repo, place, 'a')))
}
