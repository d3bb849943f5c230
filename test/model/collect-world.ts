/**
 * The state of the model of collection, its rules, and how its actors take steps.
 * @module
 */

import type { Step } from './explore.ts'

export type Actor =
  | 'collector'
  | 'other collector'
  | 'contents'
  | 'put'
  | 'head'
  | 'mount'
  | 'push'
  | 'session'
  | 'delete manifest'
  | 'delete blob'

/** The rules of collection, which a test takes away one by one, and the times that they depend on. */
export interface CollectRules {
  /** G, in ticks. */
  readonly grace: number
  /** D. */
  readonly deadline: number
  /** S. */
  readonly skew: number
  /** How old a listing of manifests may be. */
  readonly stale: number
  /** The clock stops here. */
  readonly end: number
  /** Whoever uses an old link writes it again. */
  readonly touch: boolean
  /** A link is removed only as it was read. */
  readonly conditional: boolean
  /** Ages are measured against the start of the pass. */
  readonly fromStart: boolean
  /** A record that is written again has another version. */
  readonly nonce: boolean
  /** Whoever comes too late after using a link uses it again. */
  readonly inTime: boolean
  /** Bytes go after two listings. */
  readonly twice: boolean
  /** These are a grace period apart. */
  readonly wait: boolean
  /** Bytes that are pushed get a place of their own. */
  readonly fresh: boolean
  /** The bytes of a session that lives are left alone. */
  readonly sessions: boolean
}

export const RULES: CollectRules = {
  grace: 4,
  deadline: 1,
  skew: 0,
  stale: 0,
  end: 8,
  touch: true,
  conditional: true,
  fromStart: true,
  nonce: true,
  inTime: true,
  twice: true,
  wait: true,
  fresh: true,
  sessions: true,
}

export type At = 'X' | 'Y'

export interface Place {
  readonly at: string
  /** When a pass began, or a link was used. */
  readonly since?: number | null
  readonly version?: number
  readonly place?: At
}

/** When nobody linked the place at the first listing; `null` before it. */
export interface Note {
  readonly place: At
  readonly since: number | null
}

export interface CollectWorld {
  readonly time: number
  readonly version: number
  readonly link: { readonly version: number; readonly modified: number; readonly place: At } | null
  /** The link of the other repository. */
  readonly mounted: At | null
  readonly X: boolean
  readonly Y: boolean
  /** A manifest that was there from the beginning. */
  readonly old: boolean
  /** When the manifest of `put` was written. */
  readonly written: number | null
  readonly notes: readonly Note[]
  /** The session that has made X lives. */
  readonly session: boolean
  readonly deleted: boolean
  readonly headAt: number | null
  readonly places: Readonly<Partial<Record<Actor, Place>>>
}

/** What an actor can do next. */
export type Behaviour = (world: CollectWorld, actor: Actor, rules: CollectRules) => Step<CollectWorld>[]

/** One step: where the actor is after it, and what else is different. */
export function go(
  world: CollectWorld,
  actor: Actor,
  label: string,
  place: Place,
  change: Partial<CollectWorld> = {},
) {
  const next = { ...world, ...change, places: { ...world.places, [actor]: place } }
  return [{ label: `${actor}: ${label}`, next }]
}

/** The same note is kept once, and in one order. */
export function withNote(notes: readonly Note[], note: Note): readonly Note[] {
  if (notes.some(({ place, since }) => place === note.place && since === note.since)) return notes
  return [...notes, note].sort((a, b) => (a.since ?? -1) - (b.since ?? -1) || (a.place < b.place ? -1 : 1))
}
