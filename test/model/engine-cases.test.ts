import { describe, test } from 'vitest'
import type { Op, Scenario } from './programs.ts'
import { holds } from './repeatable.ts'
import type { Fault } from './scheduler.ts'
import { SHAPE_NAMES } from './shapes.ts'

const write: Op = { do: 'write', session: 0, chunk: 0, at: 'end', arrival: 'bytes', stale: false }
const finish: Op = { do: 'finish', session: 0, last: null, right: true, stale: false }
const wrongFinish: Op = { ...finish, right: false }
const cancel: Op = { do: 'cancel', session: 0, stale: false }
const status: Op = { do: 'status', session: 0, stale: false }
const push: Op = { do: 'push', repo: 0, blob: 0, arrival: 'bytes', sized: true, right: true }
const mount: Op = { do: 'mount', repo: 1, blob: 0, named: true }
const deleteBlob: Op = { do: 'delete blob', repo: 0, blob: 0 }
const pushManifest = (manifest: number): Op => ({ do: 'push manifest', repo: 0, manifest, tags: [0] })
const prepare: Op[] = [push, { ...push, blob: 1 }, pushManifest(0)]
const deleteManifest: Op = { do: 'delete manifest', repo: 0, manifest: 0 }
const minute: Op = { do: 'clock', seconds: 61 }
const DAYS = 38 * 3600

/** One after the other, each with programs that run at once. */
function phases(...all: (readonly (readonly Op[])[])[]): Pick<Scenario, 'phases' | 'picks'> {
  return { phases: all.map((programs) => ({ programs, after: 0 })), picks: [0] }
}
/** What befalls the first client. */
function fault(kind: Fault, on: string): Pick<Scenario, 'faults'> {
  return { faults: [{ client: 0, on, call: 1, fault: kind }] }
}

/** A delete by digest is held up at one of its calls until everybody else has ended. */
function heldUp(on: string, call: number, meanwhile: Op): Scenario {
  return {
    ...phases([prepare], [[deleteManifest], [meanwhile]]),
    faults: [
      { client: 3, on, call, fault: 'slow answer' },
      // The other one waits until then.
      { client: 4, on: 'get blobs/', call: 1, fault: 'slow answer' },
    ],
  }
}

/** Each ends with the use of every session that is left, and a sweep long after. */
const cases: Record<string, Scenario> = {
  'a push is linked, but its answer is lost': { ...phases([[push]]), ...fault('late error', 'put blobs/') },
  'an upload is linked, but its answer is lost': {
    ...phases([[write, finish]]),
    ...fault('late error', 'put blobs/'),
  },
  'it is cancelled then': { ...phases([[write, finish, cancel]]), ...fault('late error', 'put blobs/') },
  'it is cancelled after its blob was mounted and deleted': {
    ...phases([[write, wrongFinish, finish], []], [[mount, deleteBlob, minute, cancel]]),
    faults: [],
  },
  'a client dies after it has sealed': {
    ...phases([[write, finish]], [[minute, write, status, finish]]),
    ...fault('late crash', 'seal'),
  },
  'a client dies before it has linked': {
    ...phases([[write, finish]], [[minute, finish]]),
    ...fault('crash', 'put blobs/'),
  },
  'sealing fails, but happens': {
    ...phases([[write, finish]], [[write, finish]]),
    ...fault('late error', 'seal'),
  },
  'somebody goes on while a slow finish seals': {
    ...phases([[write, finish], []], []),
    ...fault('slow call', 'seal'),
  },
  'somebody goes on while a slow finish links': {
    phases: [
      { programs: [[write]], after: 0 },
      { programs: [[finish], [minute, write, write]], after: 0 },
    ],
    picks: [0],
    faults: [{ client: 3, on: 'put blobs/', call: 1, fault: 'slow call' }],
  },
  'somebody cancels while a slow finish seals': {
    phases: [
      { programs: [[write]], after: 0 },
      { programs: [[finish], [minute, status, cancel]], after: 0 },
    ],
    picks: [0],
    faults: [{ client: 3, on: 'seal', call: 1, fault: 'slow call' }],
  },
  'somebody cancels while a slow writer writes': {
    phases: [
      { programs: [[write]], after: 0 },
      { programs: [[write], [status, minute, cancel]], after: 0 },
    ],
    picks: [0],
    faults: [{ client: 3, on: 'piece', call: 1, fault: 'slow call' }],
  },
  'a first body breaks off': { ...phases([[{ ...write, arrival: 'broken' }]]), faults: [] },
  'a retag while a delete looks for the manifest': heldUp('get repositories/', 3, pushManifest(1)),
  'a push while a delete has read the tag': heldUp('get repositories/', 2, pushManifest(0)),
  'a push after a delete has removed the manifest': heldUp('remove repositories/', 1, pushManifest(0)),
  'a push dies before it has written its tag': {
    ...phases([prepare], []),
    faults: [{ client: 0, on: 'put repositories/', call: 2, fault: 'late crash' }],
  },
  'a client comes back while its session expires': {
    phases: [
      { programs: [[write]], after: 0 },
      { programs: [[write], [{ do: 'sweep' }]], after: DAYS },
    ],
    picks: [0, 3, 3, 0],
    faults: [],
  },
}

describe.each(SHAPE_NAMES)('cases that were found, or nearly missed, over %s', (shape) => {
  test.each(Object.entries(cases))('%s', (_, scenario) => holds(scenario, shape))
})
