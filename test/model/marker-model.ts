/**
 * Conditional removal on a store that has none, as a model: the record is replaced by an empty marker on condition
 * that it has not changed, then deleted without one. A writer that meets a marker waits.
 * @module
 */

import type { Step, System } from './explore.ts'

/** In ticks. */
export interface MarkerTimes {
  /** How long a writer waits at a marker. */
  readonly wait: number
  /** How long after marking the delete may still be sent. */
  readonly send: number
  /** How long it may take until it takes effect. */
  readonly land: number
}

interface MarkerWorld {
  readonly time: number
  readonly key: { readonly is: 'old' | 'new' } | { readonly is: 'marker'; readonly since: number } | null
  readonly remover: 'start' | 'marked' | 'end'
  readonly markedAt: number
  /** When the delete was sent; `null` if it is not on its way. */
  readonly sent: number | null
  readonly acknowledged: boolean
}

const END = 8

/** One remover and one writer. */
export function markerSystem({ wait, send, land }: MarkerTimes): System<MarkerWorld> {
  const step = (world: MarkerWorld, label: string, change: Partial<MarkerWorld>): Step<MarkerWorld>[] => [
    { label, next: { ...world, ...change } },
  ]
  return {
    initial: { time: 0, key: { is: 'old' }, remover: 'start', markedAt: 0, sent: null, acknowledged: false },
    processes: [
      (world) => {
        const late = world.sent !== null && world.time >= world.sent + land
        return world.time >= END || late ? [] : step(world, 'tick', { time: world.time + 1 })
      },
      (world) => {
        const { remover, key, time, markedAt } = world
        if (remover === 'start' && key?.is === 'old')
          return step(world, 'marks', {
            key: { is: 'marker', since: time },
            remover: 'marked',
            markedAt: time,
          })
        if (remover !== 'marked') return []
        if (time - markedAt > send) return step(world, 'gives up', { remover: 'end' })
        return step(world, 'sends the delete', { remover: 'end', sent: time })
      },
      (world) => (world.sent === null ? [] : step(world, 'the delete lands', { key: null, sent: null })),
      (world) => {
        const { acknowledged, key, time } = world
        if (acknowledged || (key?.is === 'marker' && time - key.since < wait)) return []
        return step(world, 'writes', { key: { is: 'new' }, acknowledged: true })
      },
    ],
    invariant: ({ acknowledged, key }) => (acknowledged && !key ? 'an acknowledged record is lost' : null),
  }
}
