/**
 * Retention beside everybody whom it must not harm, as a model: one manifest with the tag `old`, which a rule lets go;
 * both are older than the grace period when it begins. A step is a call of the storage, or a tick of the clock.
 * @module
 */

import type { Step, System } from './explore.ts'

export type Actor = 'retention' | 'other retention' | 'tag' | 'untag' | 'retag' | 'index' | 'head'

/** The rules of retention, which a test takes away one by one, and the times that they depend on. */
export interface RetainRules {
  readonly grace: number
  readonly deadline: number
  readonly skew: number
  /** The clock stops here. */
  readonly end: number
  /** Whoever relies on an old manifest writes it again. */
  readonly touch: boolean
  /** Tags are removed only as they were judged. */
  readonly conditionalTag: boolean
  /** Manifests are removed only as they were judged. */
  readonly conditional: boolean
  /** Ages are measured against the start of the pass. */
  readonly fromStart: boolean
  /** A record that is written again has another version. */
  readonly nonce: boolean
  /** Whoever comes too late with a tag or an index begins again. */
  readonly inTime: boolean
  /** A manifest that was written just now is left alone. */
  readonly unhurried: boolean
  /** What is remembered of a manifest holds for no later push of it. */
  readonly pushes: boolean
}

const RULES: RetainRules = {
  grace: 4,
  deadline: 1,
  skew: 0,
  end: 8,
  touch: true,
  conditionalTag: true,
  conditional: true,
  fromStart: true,
  nonce: true,
  inTime: true,
  unhurried: true,
  pushes: true,
}

interface Seen {
  readonly version: number
  readonly modified: number
  /** Which push it is of. */
  readonly push: number
}

interface Place {
  readonly at: string
  readonly since?: number
  readonly tag?: number
  readonly seen?: Seen
}

interface RetainWorld {
  readonly time: number
  /** The last version given out. */
  readonly version: number
  readonly manifest: Seen | null
  /** The tag that a rule lets go: of this manifest, or of another by now. */
  readonly old: { readonly version: number; readonly moved: boolean } | null
  /** A tag that no rule lets go names the manifest. */
  readonly kept: boolean
  readonly index: boolean
  /** The push that is remembered as on its way out. */
  readonly memo: number | null
  readonly headAt: number | null
  readonly places: Readonly<Partial<Record<Actor, Place>>>
}

type Behaviour = (world: RetainWorld, actor: Actor, rules: RetainRules) => Step<RetainWorld>[]

/** Everybody named in `actors` runs once. */
export function retainSystem(
  actors: readonly Actor[],
  change: Partial<RetainRules> = {},
): System<RetainWorld> {
  const rules = { ...RULES, ...change }
  const places: Partial<Record<Actor, Place>> = {}
  for (const actor of actors) places[actor] = { at: 'start' }
  return {
    initial: {
      time: 0,
      version: 1,
      manifest: { version: 1, modified: -2, push: 1 },
      old: { version: 1, moved: false },
      kept: false,
      index: false,
      memo: null,
      headAt: null,
      places,
    },
    processes: [
      (world) =>
        world.time < rules.end ? [{ label: 'tick', next: { ...world, time: world.time + 1 } }] : [],
      ...actors.map((actor) => (world: RetainWorld) => ACTORS[actor](world, actor, rules)),
    ],
    invariant: (world) => wrong(world, rules),
  }
}

function wrong({ manifest, old, headAt, places, time }: RetainWorld, rules: RetainRules): string | null {
  if (places.tag?.at === 'answered' && !manifest) return 'an acknowledged push is lost'
  if (places.index?.at === 'answered' && !manifest) return 'an acknowledged index lost its child'
  if (places.retag?.at === 'answered' && !old?.moved) return 'an acknowledged retag is lost'
  if (headAt !== null && !manifest && time <= headAt + rules.grace / 2 - rules.deadline)
    return 'a manifest is gone soon after it was promised'
  return null
}

function go(
  world: RetainWorld,
  actor: Actor,
  label: string,
  place: Place,
  change: Partial<RetainWorld> = {},
): Step<RetainWorld>[] {
  return [
    {
      label: `${actor}: ${label}`,
      next: { ...world, ...change, places: { ...world.places, [actor]: place } },
    },
  ]
}

const retention: Behaviour = (world, actor, rules) => {
  const mine = world.places[actor]!
  const { time, manifest, old, memo } = world
  switch (mine.at) {
    case 'start':
      return go(world, actor, `begins a pass at ${time}`, { at: 'tags', since: time })
    case 'tags': {
      const at = world.kept ? 'end' : 'manifests'
      return go(world, actor, 'lists tags', {
        ...mine,
        at,
        ...(old && !old.moved ? { tag: old.version } : {}),
      })
    }
    case 'manifests': {
      if (!manifest || world.index) return go(world, actor, 'finds it needed, or gone', { at: 'end' })
      const known = memo !== null && (memo === manifest.push || !rules.pushes)
      if (mine.tag === undefined && !known) return go(world, actor, 'lets it be', { at: 'end' })
      if (rules.unhurried && manifest.modified >= mine.since! - rules.deadline - rules.skew)
        return go(world, actor, 'leaves it, since a tag may be on its way', { at: 'end' })
      const at = mine.tag === undefined ? judged(world, { ...mine, seen: manifest }, rules) : 'memo'
      return go(world, actor, 'lists manifests', { ...mine, at, seen: manifest })
    }
    case 'memo':
      return go(world, actor, 'remembers it', { ...mine, at: 'untag' }, { memo: mine.seen!.push })
    case 'untag': {
      const goes = old && (old.version === mine.tag || !rules.conditionalTag)
      const at = judged(world, mine, rules)
      return go(
        world,
        actor,
        'removes the tag',
        at === 'end' ? { at } : { ...mine, at },
        goes ? { old: null } : {},
      )
    }
    case 'remove': {
      const goes = manifest && (manifest.version === mine.seen!.version || !rules.conditional)
      return go(world, actor, 'removes the manifest', { at: 'end' }, goes ? { manifest: null } : {})
    }
    default:
      return []
  }
}

function judged({ time }: RetainWorld, { since, seen }: Place, { fromStart, grace }: RetainRules): string {
  return seen!.modified < (fromStart ? since! : time) - grace ? 'remove' : 'end'
}

/** Uses the manifest, and then does something that relies on it. */
function using(rely: (world: RetainWorld, actor: Actor) => Step<RetainWorld>[]): Behaviour {
  return (world, actor, { grace, deadline, skew, touch, inTime, nonce }) => {
    const mine = world.places[actor]!
    const { manifest, time } = world
    switch (mine.at) {
      case 'start': {
        if (!manifest) return go(world, actor, 'finds none', { at: 'end' })
        const stale = touch && time - manifest.modified - skew > grace / 2
        return go(world, actor, 'reads it', { at: stale ? 'touch' : 'rely', since: time, seen: manifest })
      }
      case 'touch': {
        if (manifest?.version !== mine.seen!.version) return go(world, actor, 'is refused', { at: 'start' })
        const version = nonce ? world.version + 1 : manifest.version
        const change = { manifest: { ...manifest, version, modified: time }, version: world.version + 1 }
        return go(world, actor, 'writes it again', { at: 'rely', since: time }, change)
      }
      case 'rely':
        if (inTime && time - mine.since! > deadline) return go(world, actor, 'is too late', { at: 'start' })
        return rely(world, actor)
      case 'written':
        return go(world, actor, 'answers', { at: 'answered' })
      default:
        return []
    }
  }
}

/** Pushes the manifest once more, under a tag that stays. */
const tag: Behaviour = (world, actor, { deadline, inTime, nonce }) => {
  const mine = world.places[actor]!
  const { time } = world
  switch (mine.at) {
    case 'start': {
      const next = world.version + 1
      const version = nonce || !world.manifest ? next : world.manifest.version
      const manifest = { version, modified: time, push: next }
      return go(world, actor, 'writes the manifest', { at: 'tag', since: time }, { manifest, version: next })
    }
    case 'tag':
      if (inTime && time - mine.since! > deadline) return go(world, actor, 'is too late', { at: 'start' })
      return go(world, actor, 'writes the tag', { at: 'written' }, { kept: true })
    case 'written':
      return go(world, actor, 'answers', { at: 'answered' })
    default:
      return []
  }
}

/**
 * Deletes that tag again, after the other one has gone: the manifest was pushed all the same, and no rule is about those
 * without a tag.
 */
const untag: Behaviour = (world, actor) =>
  world.kept && !world.old && world.places.tag?.at === 'answered'
    ? go(world, actor, 'deletes the tag', { at: 'end' }, { kept: false })
    : []

const retag: Behaviour = (world, actor) => {
  const version = world.version + 1
  switch (world.places[actor]!.at) {
    case 'start':
      return go(world, actor, 'moves the tag', { at: 'written' }, { old: { version, moved: true }, version })
    case 'written':
      return go(world, actor, 'answers', { at: 'answered' })
    default:
      return []
  }
}

const ACTORS: Record<Actor, Behaviour> = {
  retention,
  'other retention': retention,
  tag,
  untag,
  retag,
  index: using((world, actor) => go(world, actor, 'writes the index', { at: 'written' }, { index: true })),
  head: using((world, actor) => go(world, actor, 'answers', { at: 'answered' }, { headAt: world.time })),
}
