import type { Drained, Outbox, OutboxEntry } from './contract.ts'

/** The outbox of a registry handler: without webhooks it is empty. `env` is needed when options are functions of it. */
export interface KitWebhooks {
  /** {@link Outbox.drain}. */
  drain(env?: unknown, options?: Parameters<Outbox['drain']>[0]): Promise<Drained>
  /** {@link Outbox.pending}. */
  pending(env?: unknown): Promise<number>
  /** {@link Outbox.undeliverable}. */
  undeliverable(env?: unknown): Promise<number>
  /** {@link Outbox.list}. */
  list(env?: unknown): AsyncGenerator<OutboxEntry, void, void>
  /** {@link Outbox.retry}. */
  retry(env?: unknown, ids?: readonly string[]): Promise<number>
}

/** Asks the outbox of an `env`. */
export function outboxFor(find: (env: unknown) => Promise<Outbox>): KitWebhooks {
  return {
    drain: async (env, options) => (await find(env)).drain(options),
    pending: async (env) => (await find(env)).pending(),
    undeliverable: async (env) => (await find(env)).undeliverable(),
    async *list(env) {
      yield* (await find(env)).list()
    },
    retry: async (env, ids) => (await find(env)).retry(ids),
  }
}
