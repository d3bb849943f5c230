/**
 * Deleting a manifest by digest beside a push of the same manifest and a retag, as a model. One tag, two
 * digests; a tag whose manifest is gone counts as absent.
 * @module
 */

import type { Process, Step, System } from './explore.ts'

export type Actor = 'delete' | 'push' | 'retag'

/** The rules of a delete; a test takes them away one by one. */
export interface TagRules {
  /** A tag is removed only as it was read. */
  readonly conditional: boolean
  /** Before that, the manifest must still be absent. */
  readonly recheck: boolean
  /** The manifest goes before its tags. */
  readonly manifestFirst: boolean
  /** What a delete does to the reverse keys. */
  readonly reverse: 'keep' | 'remove' | 'remove as listed'
}

export const RULES: TagRules = { conditional: true, recheck: true, manifestFirst: true, reverse: 'keep' }

type Name = 'old' | 'new'

interface Place {
  at: string
  /** The version of the tag, or of the reverse key, that was read; 0 for none. */
  tag: number
  reverse: number
}
export interface TagWorld {
  /** The last version given out. */
  version: number
  /** Versions of records; 0 means absent. */
  manifests: Record<Name, number>
  reverse: Record<Name, number>
  tag: { name: Name; version: number } | null
  places: Record<Actor, Place>
}

/** Everybody named in `actors` runs once; at first there is one manifest, with the tag. */
export function tagSystem(actors: readonly Actor[], rules: TagRules = RULES): System<TagWorld> {
  const start = (): Place => ({ at: 'start', tag: 0, reverse: 0 })
  const processes: Record<Actor, Process<TagWorld>> = {
    delete: (world) => deleteOld(world, rules),
    push: (world) => put(world, 'push', 'old'),
    retag: (world) => put(world, 'retag', 'new'),
  }
  return {
    initial: {
      version: 1,
      manifests: { old: 1, new: 0 },
      reverse: { old: 1, new: 0 },
      tag: { name: 'old', version: 1 },
      places: { delete: start(), push: start(), retag: start() },
    },
    processes: actors.map((actor) => processes[actor]),
    invariant: (world) => {
      if (actors.length === 1 && !world.tag && world.manifests.old)
        return 'a delete that stops here has taken the tag and left the manifest'
      return actors.every((actor) => world.places[actor].at === 'end') ? wrong(world, actors) : null
    },
  }
}

function wrong({ manifests, reverse, tag }: TagWorld, actors: readonly Actor[]): string | null {
  const resolved = tag && manifests[tag.name] ? tag.name : null
  if (actors.includes('retag') && !actors.includes('push') && resolved !== 'new')
    return 'an acknowledged retag is lost'
  if (actors.includes('push') && manifests.old && !tag) return 'the manifest is there, its new tag is not'
  if (resolved && !reverse[resolved]) return 'a live tag has no reverse key'
  if (tag && !resolved && !reverse[tag.name]) return 'nothing leads to a dead tag'
  return null
}

type Change = (next: TagWorld, place: Place) => void

function step(world: TagWorld, actor: Actor, label: string, to: string, change: Change): Step<TagWorld>[] {
  const next = structuredClone(world)
  const place = next.places[actor]
  place.at = to
  change(next, place)
  return [{ label: `${actor}: ${label}`, next }]
}

function put(world: TagWorld, actor: Actor, name: Name): Step<TagWorld>[] {
  switch (world.places[actor].at) {
    case 'start':
      return step(world, actor, 'writes the manifest', 'reverse', (next) => {
        next.manifests[name] = ++next.version
      })
    case 'reverse':
      return step(world, actor, 'writes the reverse key', 'tag', (next) => {
        next.reverse[name] = ++next.version
      })
    case 'tag':
      return step(world, actor, 'writes the tag', 'end', (next) => {
        next.tag = { name, version: ++next.version }
      })
    default:
      return []
  }
}

function deleteOld(world: TagWorld, rules: TagRules): Step<TagWorld>[] {
  const mine = world.places.delete
  const go = (label: string, to: string, change: Change = () => {}): Step<TagWorld>[] =>
    step(world, 'delete', label, to, change)
  const removeManifest = (to: string): Step<TagWorld>[] =>
    go('removes the manifest', to, (next) => {
      next.manifests.old = 0
    })
  const last = rules.manifestFirst ? 'end' : 'manifest last'

  switch (mine.at) {
    case 'start':
      if (rules.manifestFirst) return removeManifest('list')
      return go('begins', 'list')
    case 'list':
      return go('lists the reverse keys', 'read', (next, place) => {
        place.reverse = next.reverse.old
      })
    case 'read':
      if (!mine.reverse || world.tag?.name !== 'old') return go('finds another tag, or none', 'tidy')
      return go('reads the tag', 'check', (next, place) => {
        place.tag = next.tag!.version
      })
    case 'check':
      if (rules.recheck && rules.manifestFirst && world.manifests.old)
        return go('finds the manifest again', 'tidy')
      return go('finds the manifest absent', 'remove')
    case 'remove':
      return go('removes the tag', 'tidy', (next, place) => {
        if (!rules.conditional || next.tag?.version === place.tag) next.tag = null
      })
    case 'tidy':
      return go('is done with the tag', last, (next, place) => {
        const asListed = place.reverse !== 0 && next.reverse.old === place.reverse
        if (rules.reverse === 'remove' || (rules.reverse === 'remove as listed' && asListed))
          next.reverse.old = 0
      })
    case 'manifest last':
      return removeManifest('end')
    default:
      return []
  }
}
