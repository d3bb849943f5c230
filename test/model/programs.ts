/**
 * What clients do in a test case, and how test cases are made.
 * @module
 */

import fc from 'fast-check'
import type { Fault, Planned } from './scheduler.ts'

/** How a body arrives: in memory, as a stream of one-byte chunks, or as one that breaks off in the middle. */
export type Arrival = 'bytes' | 'stream' | 'broken'

/** One call of a client. Repositories, blobs, manifests, tags and sessions are numbers. */
export type Op =
  | { do: 'push'; repo: number; blob: number; arrival: Arrival; sized: boolean; right: boolean }
  | { do: 'start'; session: number }
  | { do: 'status'; session: number; stale: boolean }
  | {
      do: 'write'
      session: number
      chunk: number
      at: 'end' | 'known' | 'first'
      arrival: Arrival
      stale: boolean
    }
  | { do: 'finish'; session: number; last: number | null; right: boolean; stale: boolean }
  | { do: 'cancel'; session: number; stale: boolean }
  | { do: 'mount'; repo: number; blob: number; named: boolean }
  | { do: 'head'; repo: number; blob: number }
  | { do: 'read'; repo: number; blob: number }
  | { do: 'delete blob'; repo: number; blob: number }
  | { do: 'push manifest'; repo: number; manifest: number; tags: number[] }
  | { do: 'read manifest'; repo: number; manifest: number }
  | { do: 'read tag'; repo: number; tag: number }
  | { do: 'referrers'; repo: number; manifest: number }
  | { do: 'delete manifest'; repo: number; manifest: number }
  | { do: 'delete tag'; repo: number; tag: number }
  | { do: 'clock'; seconds: number }
  | { do: 'sweep' }
  | { do: 'collect' }
  | { do: 'retain' }

/** Clients that run at the same time; everybody who still lives has ended when the phase ends. */
interface Phase {
  readonly programs: readonly (readonly Op[])[]
  /** How far the clock jumps before it, in seconds. */
  readonly after: number
}

/** A test case. */
export interface Scenario {
  readonly phases: readonly Phase[]
  /** Who goes next, over and over. */
  readonly picks: readonly number[]
  readonly faults: readonly Planned[]
}

const HOUR = 3600
const two = fc.nat(1)
const three = fc.nat(2)
const arrival = fc.constantFrom<Arrival>('bytes', 'bytes', 'stream', 'broken')
const usually = fc.nat(4).map((n) => n > 0)

const blobOps: fc.WeightedArbitrary<Op>[] = [
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('push'),
      repo: two,
      blob: three,
      arrival,
      sized: fc.boolean(),
      right: usually,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('mount'), repo: two, blob: three, named: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('head'), repo: two, blob: three }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read'), repo: two, blob: three }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete blob'), repo: two, blob: three }) },
]
const at = fc.constantFrom('end' as const, 'known' as const, 'known' as const, 'first' as const)
const uploadOps: fc.WeightedArbitrary<Op>[] = [
  { weight: 1, arbitrary: fc.record({ do: fc.constant('start'), session: two }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('status'), session: two, stale: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write'),
      session: two,
      chunk: three,
      at,
      arrival,
      stale: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('finish'),
      session: two,
      last: fc.option(three, { nil: null }),
      right: usually,
      stale: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), session: two, stale: fc.boolean() }) },
]
const tags = fc.uniqueArray(two, { maxLength: 2 })
const manifest = fc.nat(3)
const manifestOps: fc.WeightedArbitrary<Op>[] = [
  { weight: 5, arbitrary: fc.record({ do: fc.constant('push manifest'), repo: two, manifest, tags }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read manifest'), repo: two, manifest }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read tag'), repo: two, tag: two }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('referrers'), repo: two, manifest }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete manifest'), repo: two, manifest }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete tag'), repo: two, tag: two }) },
]
const timeOps: fc.WeightedArbitrary<Op>[] = [
  { weight: 2, arbitrary: fc.record({ do: fc.constant('clock'), seconds: fc.constantFrom(1, 25, 61) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep') }) },
]

const collectOps: fc.WeightedArbitrary<Op>[] = [
  { weight: 16, arbitrary: fc.record({ do: fc.constant('collect') }) },
]

const retainOps: fc.WeightedArbitrary<Op>[] = [
  { weight: 16, arbitrary: fc.record({ do: fc.constant('retain') }) },
]

const FAULTS: readonly Fault[] = [
  'error',
  'late error',
  'crash',
  'late crash',
  'orphan',
  'slow call',
  'slow answer',
]
/** Calls where a fault is worth most: how their labels begin. */
const CALLS = [
  'put blobs/',
  'remove blobs/',
  'list blobs/',
  'create uploads/',
  'create gc/',
  'put gc/',
  'remove gc/',
  'put repositories/',
  'remove repositories/',
  'piece',
  'seal',
  'fork',
  'write',
  'abandon',
  'remove content/',
  'drop',
]

/**
 * Test cases about everything, or mostly about uploads, or mostly about manifests, or about them and collectors, or
 * about manifests, collectors and retention.
 */
export function scenarios(
  about: 'everything' | 'uploads' | 'manifests' | 'collectors' | 'retention',
): fc.Arbitrary<Scenario> {
  const ops = {
    everything: [...blobOps, ...uploadOps, ...manifestOps, ...timeOps],
    uploads: [...uploadOps, ...uploadOps, ...blobOps, ...timeOps],
    manifests: [...manifestOps, ...manifestOps, ...blobOps],
    collectors: [...manifestOps, ...blobOps, ...uploadOps, ...timeOps, ...collectOps],
    retention: [...manifestOps, ...manifestOps, ...blobOps, ...timeOps, ...collectOps, ...retainOps],
  }[about]
  const collects = about === 'collectors' || about === 'retention'
  const program = fc.array(fc.oneof(...ops), { maxLength: 5 })
  const phase = fc.record({
    programs: fc.array(program, { minLength: 1, maxLength: 3 }),
    after: fc.constantFrom(0, 1, 61, 13 * HOUR, 25 * HOUR, 38 * HOUR),
  })
  const fault = fc.record({
    client: fc.nat(collects ? 14 : 8),
    on: fc.constantFrom('', '', ...CALLS),
    call: fc.nat(7).map((n) => (n < 5 ? 1 : n - 3)),
    fault: fc.constantFrom(...FAULTS),
  })
  return fc.record({
    phases: fc.array(phase, { minLength: 1, maxLength: collects ? 5 : 3 }),
    picks: fc.array(fc.nat(5), { minLength: 1, maxLength: 60 }),
    faults: fc.array(fault, { maxLength: 4 }),
  })
}
