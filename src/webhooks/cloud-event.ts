/**
 * Events as CloudEvents 1.0.2, JSON format, structured mode.
 * @module
 */

import type { RegistryEvent } from '../compose/index.ts'

/** An event as it is kept: what is sent, but for what the place in its queue adds. */
export interface StoredEvent {
  /** `dev.ocikit.manifest` and so on. */
  readonly type: string
  /** The repository, and behind it the tag or the digest. */
  readonly subject: string
  readonly data: { readonly [name: string]: unknown }
}

/** What all types begin with. */
const TYPE_PREFIX = 'dev.ocikit.'

/** The media type of what is sent. */
export const CLOUD_EVENT = 'application/cloudevents+json; charset=utf-8'

/** What is kept of an event: of who does it only the name, for authenticators add fields of their own. */
export function stored({ context: _, subject, type, ...data }: RegistryEvent): StoredEvent {
  const { repository } = data
  const tag = 'tag' in data ? data.tag : undefined
  const digest = 'digest' in data ? data.digest : undefined
  return {
    type: `${TYPE_PREFIX}${type}`,
    subject: tag !== undefined ? `${repository}:${tag}` : `${repository}@${digest}`,
    data: { ...data, subject: subject?.name ?? null },
  }
}

/** The type of a kept event, as it is called here. */
export function typeOf({ type }: StoredEvent): string {
  return type.slice(TYPE_PREFIX.length)
}

/**
 * The body of a request.
 * @param outcome `unknown`: the process that made the change was killed before it could say how it ended.
 */
export function cloudEvent(
  { type, subject, data }: StoredEvent,
  more: { id: string; source: string; time: string; sequence: string; outcome: string },
): string {
  const { outcome, ...attributes } = more
  return JSON.stringify({
    specversion: '1.0',
    ...attributes,
    type,
    subject,
    datacontenttype: 'application/json',
    data: { ...data, outcome },
  })
}
