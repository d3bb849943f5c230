import type { Drained, Outbox, OutboxCounts, OutboxEntry } from './contract.ts'

/** The outbox of a registry handler: without webhooks it is empty. `env` is needed when options are functions of it. */
export interface KitWebhooks {
  /** {@link Outbox.drain}. */
  drain(env?: unknown, options?: Parameters<Outbox['drain']>[0]): Promise<Drained>
  /** {@link Outbox.pending}. */
  pending(env?: unknown): Promise<number>
  /** {@link Outbox.undeliverable}. */
  undeliverable(env?: unknown): Promise<number>
  /** {@link Outbox.counts}. */
  counts(env?: unknown): Promise<OutboxCounts>
  /** {@link Outbox.list}. */
  list(env?: unknown): AsyncGenerator<OutboxEntry, void, void>
  /** {@link Outbox.retry}. */
  retry(env?: unknown, ids?: readonly string[]): Promise<number>
  /** {@link Outbox.drop}. */
  drop(env?: unknown, ids?: readonly string[]): Promise<number>
  /** {@link Outbox.forget}. */
  forget(env: unknown, receiver: string): Promise<number>
}

/** Asks the outbox of an `env`. */
export function outboxFor(find: (env: unknown) => Promise<Outbox>): KitWebhooks {
  return {
    drain: async (env, options) => (await find(env)).drain(options),
    pending: async (env) => (await find(env)).pending(),
    undeliverable: async (env) => (await find(env)).undeliverable(),
    counts: async (env) => (await find(env)).counts(),
    async *list(env) {
      yield* (await find(env)).list()
    },
    retry: async (env, ids) => (await find(env)).retry(ids),
    drop: async (env, ids) => (await find(env)).drop(ids),
    forget: async (env, receiver) => (await find(env)).forget(receiver),
  }
}
