/**
 * The collector beside everybody whom it must not harm, as a model: one blob in one repository, or two; its link is
 * older than the grace period when it begins. A step is a call of the storage, or a tick of the clock.
 * @module
 */

import {
  type Actor,
  type At,
  type Behaviour,
  type CollectRules,
  type CollectWorld,
  go,
  type Place,
  RULES,
  withNote,
} from './collect-world.ts'
import type { Process, Step, System } from './explore.ts'

/** Everybody named in `actors` runs once. */
export function collectSystem(
  actors: readonly Actor[],
  change: Partial<CollectRules> = {},
): System<CollectWorld> {
  const rules = { ...RULES, ...change }
  const places: Partial<Record<Actor, Place>> = {}
  for (const actor of actors) places[actor] = { at: 'start' }
  return {
    initial: {
      time: 0,
      version: 2,
      link: { version: 1, modified: 0, place: 'X' },
      mounted: null,
      X: true,
      Y: false,
      old: actors.includes('delete manifest'),
      written: null,
      notes: [],
      session: actors.includes('session'),
      deleted: false,
      headAt: null,
      places,
    },
    processes: [
      (world) =>
        world.time < rules.end ? [{ label: 'tick', next: { ...world, time: world.time + 1 } }] : [],
      ...actors.map(
        (actor): Process<CollectWorld> =>
          (world) =>
            ACTORS[actor](world, actor, rules),
      ),
    ],
    invariant: (world) => wrong(world, rules),
  }
}

function wrong(world: CollectWorld, { grace, deadline }: CollectRules): string | null {
  const { link, places, deleted, mounted, headAt, time } = world
  if (places.put?.at === 'answered' && !deleted && !link) return 'an acknowledged manifest lost its blob'
  if (link && !world[link.place]) return 'a link names nothing'
  if (mounted && !world[mounted]) return 'a mounted link names nothing'
  if (headAt !== null && !deleted && !link && time <= headAt + grace / 2 - deadline)
    return 'a blob is gone soon after it was promised'
  if (places.push?.at === 'answered' && !deleted && !link && time <= grace) return 'a fresh push is lost'
  return null
}

const unlink: Behaviour = (world, actor, { grace, fromStart, conditional, stale }) => {
  const mine = world.places[actor]!
  const { link, time, notes } = world
  switch (mine.at) {
    case 'start':
      return go(world, actor, `begins a pass at ${time}`, { at: 'list', since: time })
    case 'list': {
      const referenced = world.old || world.written !== null
      const steps = go(world, actor, 'lists manifests', { ...mine, at: referenced ? 'end' : 'read' })
      const missed = !world.old && world.written !== null && time - world.written < stale
      return missed
        ? [...steps, ...go(world, actor, 'lists, and misses one', { ...mine, at: 'read' })]
        : steps
    }
    case 'read': {
      const limit = (fromStart ? mine.since! : time) - grace
      if (!link || link.modified >= limit) return go(world, actor, 'finds no old link', { at: 'end' })
      const { version, place } = link
      return go(world, actor, 'reads an old link', { at: 'note', version, place })
    }
    case 'note':
      return go(
        world,
        actor,
        'leaves a note',
        { ...mine, at: 'remove' },
        {
          notes: withNote(notes, { place: mine.place!, since: null }),
        },
      )
    case 'remove': {
      const removes = link && (!conditional || link.version === mine.version)
      return go(
        world,
        actor,
        removes ? 'removes the link' : 'is refused',
        { at: 'end' },
        removes ? { link: null } : {},
      )
    }
    default:
      return []
  }
}

const contents: Behaviour = (world, actor, { grace, twice, wait, sessions }) => {
  const mine = world.places[actor]!
  const { link, mounted, time, notes } = world
  switch (mine.at) {
    case 'start':
      return notes.flatMap((note) => {
        if (note.since !== null && time - note.since < grace && wait) return []
        if (note.since === null && sessions && world.session && note.place === 'X') return []
        const rest = notes.filter((one) => one !== note)
        return go(world, actor, `takes the note of ${note.place}`, { at: 'list', ...note }, { notes: rest })
      })
    case 'list': {
      if (link?.place === mine.place || mounted === mine.place)
        return go(world, actor, 'finds a link', { at: 'start' })
      if (mine.since !== null || !twice) return go(world, actor, 'finds no link', { ...mine, at: 'remove' })
      return go(
        world,
        actor,
        'finds no link for the first time',
        { at: 'start' },
        {
          notes: withNote(notes, { place: mine.place!, since: time }),
        },
      )
    }
    case 'remove':
      return go(world, actor, `removes ${mine.place}`, { at: 'start' }, { [mine.place!]: false })
    default:
      return []
  }
}

/** Uses the link, and then does something that relies on it. */
function using(rely: (world: CollectWorld, actor: Actor, place: At) => Step<CollectWorld>[]): Behaviour {
  return (world, actor, { grace, deadline, skew, touch, inTime, nonce }) => {
    const mine = world.places[actor]!
    const { link, time } = world
    switch (mine.at) {
      case 'start': {
        if (!link) return go(world, actor, 'finds no link', { at: 'end' })
        const { version, place } = link
        if (touch && time - link.modified - skew > grace / 2)
          return go(world, actor, 'reads an old link', { at: 'touch', version })
        return go(world, actor, 'reads a young link', { at: 'rely', since: time, place })
      }
      case 'touch': {
        if (link?.version !== mine.version) return go(world, actor, 'is refused', { at: 'start' })
        const fresh = nonce ? world.version : link!.version
        const change = { link: { ...link!, version: fresh, modified: time }, version: world.version + 1 }
        return go(world, actor, 'writes it again', { at: 'rely', since: time, place: link!.place }, change)
      }
      case 'rely':
        if (inTime && time - mine.since! > deadline) return go(world, actor, 'is too late', { at: 'start' })
        return rely(world, actor, mine.place!)
      case 'written':
        return go(world, actor, 'answers', { at: 'answered' })
      default:
        return []
    }
  }
}

const push: Behaviour = (world, actor, { fresh }) => {
  const place = fresh ? 'Y' : 'X'
  const { version, time } = world
  switch (world.places[actor]!.at) {
    case 'start':
      return go(world, actor, `writes ${place}`, { at: 'link' }, { [place]: true })
    case 'link':
      return go(
        world,
        actor,
        `links ${place}`,
        { at: 'written' },
        {
          link: { version, modified: time, place },
          version: version + 1,
        },
      )
    case 'written':
      return go(world, actor, 'answers', { at: 'answered' })
    default:
      return []
  }
}

/** The session that has made X finishes it again, should its link be gone; or it expires. */
const session: Behaviour = (world, actor) => {
  if (!world.session) return []
  const { version, time } = world
  const expires = go(world, actor, 'expires', { at: 'end' }, { session: false })
  if (world.link) return expires
  const link = { version, modified: time, place: 'X' } as const
  return [
    ...expires,
    ...go(world, actor, 'links X again', { at: 'end' }, { link, version: version + 1, session: false }),
  ]
}

const deleteBlob: Behaviour = (world, actor) => {
  const { link, notes } = world
  switch (world.places[actor]!.at) {
    case 'start':
      if (!link) return []
      return go(
        world,
        actor,
        'leaves a note',
        { at: 'remove' },
        {
          notes: withNote(notes, { place: link.place, since: null }),
        },
      )
    case 'remove':
      return go(world, actor, 'removes the link', { at: 'end' }, { link: null, deleted: true })
    default:
      return []
  }
}

const ACTORS: Record<Actor, Behaviour> = {
  collector: unlink,
  'other collector': unlink,
  contents,
  put: using((world, actor) =>
    go(world, actor, 'writes the manifest', { at: 'written' }, { written: world.time }),
  ),
  head: using((world, actor) => go(world, actor, 'answers', { at: 'answered' }, { headAt: world.time })),
  mount: using((world, actor, place) =>
    go(world, actor, 'writes the other link', { at: 'end' }, { mounted: place }),
  ),
  push,
  session,
  'delete manifest': (world, actor) =>
    world.old ? go(world, actor, 'deletes', { at: 'end' }, { old: false }) : [],
  'delete blob': deleteBlob,
}
