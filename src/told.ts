/**
 * Puts events and webhooks over what is served.
 * @module
 */

import type { Events } from './compose/index.ts'
import type { Registry } from './registry.ts'
import type { Logger } from './server/index.ts'
import type { Storage } from './storage/index.ts'
import type { Outbox, Webhooks } from './webhooks/index.ts'

/** Who is told of what happens in this process. */
export interface ToldOptions {
  /** What is done when something happens: what `events()` of `ocikit/compose` makes (nothing). */
  events?: Events
}

/** All who are told. */
interface Listeners extends ToldOptions {
  webhooks?: Webhooks
  /** Where webhooks keep what they send. */
  storage?: Storage
  now?: () => number
  logger?: Logger
}

/** A registry that tells, and what it has to send. */
interface Told {
  readonly registry: Registry
  /** Absent without webhooks. */
  readonly outbox?: Outbox
}

/** A registry with its listeners. A veto comes before anything is noted for webhooks. */
export function toldOf(inner: Registry, listeners: Listeners): Told {
  const { events, logger } = listeners
  const noted = notedOf(inner, listeners)
  const registry = events?.over(noted.registry, (error, { type, repository }) =>
    logger?.error('a handler of events has failed', { type, repository, error: String(error) }),
  )
  return registry ? { ...noted, registry } : noted
}

function notedOf(inner: Registry, { webhooks, storage, now, logger }: Listeners): Told {
  if (!webhooks) return { registry: inner }
  if (!storage)
    throw new TypeError('webhooks need a storage: wrap the registry with webhooks([...]).over() for one')
  const report = (message: string, fields: object) => logger?.warn(message, { ...fields })
  return webhooks.over(inner, { storage, report, ...(now ? { now } : {}) })
}
