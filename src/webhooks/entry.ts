/**
 * The records of the outbox.
 * @module
 */

import { decode } from '../engine/index.ts'
import type { Records } from '../storage/index.ts'
import type { StoredEvent } from './cloud-event.ts'
import type { OutboxPlace, WebhookOptions } from './contract.ts'

/** A change: as it is begun, as it is over, or as it is sent no more. */
export interface Entry {
  readonly id: string
  /** When it began, as in RFC 3339. */
  readonly time: string
  readonly host: string
  readonly events: readonly StoredEvent[]
  /**
   * Of a change that is over. `unknown`: it may have happened or not; whoever asks the registry will see.
   */
  readonly outcome?: 'done' | 'unknown'
  /** Why it is sent no more. */
  readonly why?: string
}

/** How the first change of a queue stands. */
export interface QueueState {
  /** Its place. */
  readonly place: string
  /** How many of its events were received. */
  readonly sent: number
  /** How often the next one was sent in vain. */
  readonly tries: number
  /** When it is sent again. */
  readonly next: number
}

/** What all that is done with an outbox stands on. */
export interface Post {
  readonly records: Records
  /** Of the storage's clock, in milliseconds. */
  readonly skew: number
  readonly now: () => number
  readonly options: Required<WebhookOptions>
  readonly report: NonNullable<OutboxPlace['report']>
}

/** Reads a record of the outbox; `null` if it is gone. */
export async function readEntry(records: Records, key: string): Promise<Entry | null> {
  const rec = await records.get(key)
  return rec && decode<Entry>(rec.value)
}
