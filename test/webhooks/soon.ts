/** What registries of these tests have in common, in whatever runtime they run. */

import type { Webhook, WebhookOptions } from '../../src/index.ts'

export const SECRET = 'a secret of the tests, long enough'

/** Times that a test can wait for. */
export const SOON: WebhookOptions = {
  timeout: 2000,
  wait: { first: 20, longest: 60 },
  patience: 200,
  tries: 1000,
}

/** The times of a process that is killed: its lease ends soon, but not while a busy machine stands still. */
export const MORTAL: WebhookOptions = { ...SOON, timeout: 1000 }

/** A receiver of the changes of tags. */
export function hookAt(url: string): Webhook {
  return { url, secret: SECRET, types: ['tag', 'delete'] }
}
