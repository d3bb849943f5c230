/**
 * A collector that this one is not, as a model: it marks what no manifest refers to, waits, looks again and
 * deletes; a push clears the mark, and looks again after it has written its manifest. It is here so that nobody
 * goes back to it: checking and then acting loses an acknowledged manifest.
 * @module
 */

import type { Step, System } from './explore.ts'

interface TombstoneWorld {
  readonly time: number
  readonly link: boolean
  readonly content: boolean
  readonly marked: number | null
  readonly manifest: boolean
  readonly acknowledged: boolean
  readonly collector: string
  readonly push: string
}

const GRACE = 2
const END = 5

export const tombstones: System<TombstoneWorld> = {
  initial: {
    time: 0,
    link: true,
    content: true,
    marked: null,
    manifest: false,
    acknowledged: false,
    collector: 'start',
    push: 'clear',
  },
  processes: [
    (world) => (world.time < END ? step(world, 'tick', { time: world.time + 1 }) : []),
    collector,
    push,
  ],
  invariant: ({ acknowledged, link, content }) =>
    acknowledged && !(link && content) ? 'an acknowledged manifest lost its blob' : null,
}

function step(world: TombstoneWorld, label: string, change: Partial<TombstoneWorld>): Step<TombstoneWorld>[] {
  return [{ label, next: { ...world, ...change } }]
}

function collector(world: TombstoneWorld): Step<TombstoneWorld>[] {
  const { time, marked, manifest } = world
  const go = (label: string, collector: string, change: Partial<TombstoneWorld> = {}) =>
    step(world, `collector: ${label}`, { collector, ...change })
  switch (world.collector) {
    case 'start':
      return manifest ? [] : go('marks the blob', 'wait', { marked: time })
    case 'wait':
      if (marked === null) return go('finds no mark', 'end')
      return time - marked < GRACE ? [] : go('finds the mark still there', 'look again')
    case 'look again':
      return manifest ? go('finds a manifest', 'end') : go('finds no manifest', 'unlink')
    case 'unlink':
      return go('removes the link', 'delete', { link: false })
    case 'delete':
      return go('removes the bytes', 'end', { content: false, marked: null })
    default:
      return []
  }
}

function push(world: TombstoneWorld): Step<TombstoneWorld>[] {
  const { link, content } = world
  const go = (label: string, push: string, change: Partial<TombstoneWorld> = {}) =>
    step(world, `push: ${label}`, { push, ...change })
  switch (world.push) {
    case 'clear':
      return go('clears the mark', 'look', { marked: null })
    case 'look':
      return link ? go('finds the blob', 'write') : go('finds no blob', 'end')
    case 'write':
      return go('writes the manifest', 'look again', { manifest: true })
    case 'look again':
      return link && content
        ? go('finds the blob again', 'answer')
        : go('takes the manifest back', 'end', { manifest: false })
    case 'answer':
      return go('answers', 'end', { acknowledged: true })
    default:
      return []
  }
}
