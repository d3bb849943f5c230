/**
 * Webhooks: what happens to a registry, told to others over HTTP, and not lost when a process is. `journal.ts` says what
 * is written when, `keys.ts` where, `deliver.ts` how it is sent.
 * @module
 */

export {
  type Drained,
  NO_OUTBOX,
  type Outbox,
  type OutboxCounts,
  type OutboxEntry,
  type OutboxPlace,
  type OutboxView,
  type Webhook,
  type WebhookOptions,
  type Webhooks,
} from './contract.ts'
export { type KitWebhooks, outboxFor } from './per-env.ts'
export { outboxOf } from './view.ts'
export { webhooks } from './webhooks.ts'
