/** Registries with webhooks, by short times. */

import {
  memory,
  type Ocikit,
  ocikit,
  open,
  type Webhook,
  type WebhookOptions,
  webhooks,
} from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { emptyIndex, pushIndex, send } from '../server/http.ts'
import { hookAt, SOON } from './soon.ts'

export { SOON }

export interface Hooked extends AsyncDisposable {
  readonly kit: Ocikit
  readonly storage: Storage
  /** Sets a tag; another manifest each time. */
  push(tag: string, repo?: string): Promise<void>
  remove(tag: string, repo?: string): Promise<number>
  /** Sends again and again until nothing waits. */
  drained(ms?: number): Promise<void>
}

/** A registry with one receiver; several may share a storage. */
export function hooked(
  url: string,
  {
    storage = memory(),
    webhook = {},
    options = {},
    log = () => {},
    now = Date.now,
  }: {
    storage?: Storage
    webhook?: Partial<Webhook>
    options?: WebhookOptions
    log?: (line: string) => void
    now?: () => number
  } = {},
): Hooked {
  const line = (message: string, fields: object = {}) => log(`${message} ${JSON.stringify(fields)}`)
  const kit = ocikit({
    storage,
    auth: open(),
    now,
    logger: { debug: line, info: line, warn: line, error: line },
    webhooks: webhooks([{ ...hookAt(url), ...webhook }], {
      ...SOON,
      ...options,
    }),
  })
  return {
    kit,
    storage,
    async push(tag, repo = 'a') {
      const { status, text } = await pushIndex(kit, repo, tag, {
        body: emptyIndex(`${repo} ${tag} ${Math.random()}`),
      })
      if (status !== 201) throw new Error(`${status} ${text}`)
    },
    remove: async (tag, repo = 'a') => (await send(kit, 'DELETE', `/v2/${repo}/manifests/${tag}`)).status,
    drained: (ms = 15_000) => drained(kit, ms),
    [Symbol.asyncDispose]: () => kit.close(),
  }
}

/** Sends again and again until nothing waits. */
export async function drained(kit: Ocikit, ms = 15_000): Promise<void> {
  const end = Date.now() + ms
  while ((await kit.webhooks.pending()) > 0) {
    await kit.webhooks.drain()
    if (Date.now() > end) throw new Error(`${await kit.webhooks.pending()} still wait after ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
