/**
 * What is said of webhooks by those who configure them and those who run them: without the code that sends, so that a
 * program without webhooks need not carry that.
 * @module
 */

import type { RegistryEvent } from '../compose/index.ts'
import type { Registry } from '../registry.ts'
import type { Storage } from '../storage/index.ts'

/** A receiver of events. */
export interface Webhook {
  /**
   * Where events are sent, by POST: `http` or `https`, without user and password. Redirects are not followed. What
   * waits for it is filed under this URL.
   */
  readonly url: string
  /**
   * Signs what is sent: at least 24 bytes of text, or `whsec_` and base64 as others make them. Several sign each, so
   * that a receiver can change to another one. It is never stored and never shown.
   */
  readonly secret: string | readonly string[]
  /** What it is told (everything but pulls). */
  readonly types?: readonly RegistryEvent['type'][]
  /** Globs of repositories that it is told of: `team/**` is `team` and all below it (all). */
  readonly repositories?: readonly string[]
}

/** How events are sent. */
export interface WebhookOptions {
  /** `source` of each event: the URI of this registry (`/`). */
  readonly source?: string
  /** How long a receiver may take to answer, in milliseconds (10,000). The same in all replicas. */
  readonly timeout?: number
  /** How often an event is sent before it counts as undeliverable (30: with the default waits, about a day). */
  readonly tries?: number
  /** First and longest wait between two tries, in milliseconds; it doubles, and is up to a half longer at random (1,000 and an hour). */
  readonly wait?: { readonly first: number; readonly longest: number }
  /**
   * How long the end of a change is waited for, in milliseconds, before it is told as `unknown`: that of a process that
   * was killed in the middle of one (60,000). It counts from when a process that sends has first seen it; one that does
   * not live so long goes by the storage's clock, and waits for its skew, too.
   */
  readonly patience?: number
  /** Sends requests (the runtime's). */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

/** Webhooks in force: what `webhooks()` makes, for the options of `ocikit()`. */
export interface Webhooks {
  /**
   * Puts them over a registry: each change of it leaves an entry in the outbox.
   * @throws TypeError if the storage cannot keep an outbox.
   */
  over(inner: Registry, place: OutboxPlace): { readonly registry: Registry; readonly outbox: Outbox }
}

/** What an outbox stands on. */
export interface OutboxPlace {
  /** Where entries are kept: that of the registry, or one of their own. */
  readonly storage: Storage
  /** The clock, in milliseconds since 1970 (`Date.now`). */
  readonly now?: () => number
  /** Is told what went wrong beside the answer to a request (nobody). */
  readonly report?: (message: string, fields: { readonly [name: string]: unknown }) => void
}

/** What waits to be sent. All methods are safe at any time and in several processes. */
export interface Outbox extends OutboxView {
  /**
   * Sends what is due, each repository's events in their order, and ends when nothing is. If another process is
   * sending to a receiver, that one is left out. Servers call it every few seconds, and after each change.
   * @param options.limit Requests after which it ends, where a run has to be short (no limit).
   * @param options.signal Ends it; an event on its way is given up and sent again later.
   */
  drain(options?: { limit?: number; signal?: AbortSignal }): Promise<Drained>
  /** Ends what is under way and lets other processes send at once. */
  close(): Promise<void>
}

/** What can be known and done of an outbox without its receivers. */
export interface OutboxView {
  /** Changes that wait to be sent, counted once for each receiver. */
  pending(): Promise<number>
  /** Changes that are sent no more. */
  undeliverable(): Promise<number>
  /** Both numbers, by one listing. */
  counts(): Promise<OutboxCounts>
  /** Both, receiver by receiver, the undeliverable ones first. */
  list(): AsyncGenerator<OutboxEntry, void, void>
  /**
   * Lets undeliverable ones be sent again: those with these ids, or all.
   * @returns how many.
   */
  retry(ids?: readonly string[]): Promise<number>
  /**
   * Removes undeliverable ones, which nobody will ever be told of: those with these ids, or all.
   * @returns how many.
   */
  drop(ids?: readonly string[]): Promise<number>
  /**
   * Removes all that is kept for a receiver that is configured no more, also what waits for it.
   * @param receiver Its URL; or a host as `list()` shows it, for all receivers there.
   * @returns how many changes.
   */
  forget(receiver: string): Promise<number>
}

/** How many changes an outbox has, counted once for each receiver. */
export interface OutboxCounts {
  /** That wait to be sent. */
  readonly pending: number
  /** That are sent no more. */
  readonly undeliverable: number
}

/** A change that waits to be sent, or could not be. */
export interface OutboxEntry {
  /** What the ids of its events begin with. */
  readonly id: string
  /** Host of the receiver: the rest of its URL may be a secret. */
  readonly host: string
  /** The repository that was changed. */
  readonly repository: string
  /** When it was changed. */
  readonly time: string
  /** Types of its events. */
  readonly types: readonly string[]
  /** Why it is sent no more; absent while it waits. */
  readonly why?: string
}

/** What a call of `drain()` has done. */
export interface Drained {
  /** Events that were received. */
  readonly sent: number
  /** Events that were not, and will be sent again. */
  readonly failed: number
  /** Changes that are sent no more: until `retry()`. */
  readonly undeliverable: number
}

/** The outbox of a registry without webhooks. */
export const NO_OUTBOX: Outbox = {
  pending: async () => 0,
  undeliverable: async () => 0,
  counts: async () => ({ pending: 0, undeliverable: 0 }),
  async *list() {},
  retry: async () => 0,
  drop: async () => 0,
  forget: async () => 0,
  drain: async () => ({ sent: 0, failed: 0, undeliverable: 0 }),
  close: async () => {},
}
