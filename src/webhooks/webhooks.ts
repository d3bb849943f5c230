import { observe } from '../compose/index.ts'
import type { OutboxPlace, Webhook, WebhookOptions, Webhooks } from './contract.ts'
import { draining } from './drain.ts'
import type { Post } from './entry.ts'
import { checkHooks } from './hook.ts'
import { journaling } from './journal.ts'
import { outboxOf } from './view.ts'

const DEFAULTS: Required<WebhookOptions> = {
  source: '/',
  timeout: 10_000,
  tries: 30,
  wait: { first: 1000, longest: 3_600_000 },
  patience: 60_000,
  fetch: (url, init) => fetch(url, init),
}

/**
 * Webhooks: each change is sent to those who want to know, as a CloudEvent, signed as in Standard Webhooks; at least
 * once, for each repository in order, across restarts and replicas. What is sent twice has the same id.
 *
 * An entry is kept in the storage before a change is made and so before it is answered; sending it delays nothing. What
 * that means when a process is killed is said in `journal.ts`.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open, webhooks } from 'ocikit'
 *
 * const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
 * const hooks = webhooks([{ url: 'https://ci.example.com/images', secret, types: ['tag', 'delete'] }])
 * export const kit = ocikit({ storage: memory(), auth: open(), webhooks: hooks })
 * ```
 * @throws TypeError for webhooks that make no sense; it shows no secret.
 */
export function webhooks(list: readonly Webhook[], options: WebhookOptions = {}): Webhooks {
  const hooks = checkHooks(list)
  const checked = { ...DEFAULTS, ...options }
  checkTimes(checked)
  return {
    over(inner, place) {
      const post = postOf(place, checked)
      const { drain, close } = draining(post, hooks)
      return {
        registry: observe(inner, journaling(post, hooks, drain)),
        outbox: { ...outboxOf(place.storage), drain, close },
      }
    },
  }
}

function checkTimes({ timeout, tries, wait, patience }: Required<WebhookOptions>): void {
  const numbers = { timeout, tries, patience, 'wait.first': wait.first, 'wait.longest': wait.longest }
  for (const [name, value] of Object.entries(numbers))
    if (!(Number.isFinite(value) && value > 0))
      throw new TypeError(`${name} of webhooks must be a number above 0`)
}

function postOf({ storage, now, report }: OutboxPlace, options: Required<WebhookOptions>): Post {
  const { consistency, remove, skew } = storage.traits
  if (consistency !== 'strong' || remove === 'none')
    throw new TypeError('this storage cannot keep webhooks: what it has written is not seen at once')
  return { records: storage.records, skew, now: now ?? Date.now, options, report: report ?? (() => {}) }
}
