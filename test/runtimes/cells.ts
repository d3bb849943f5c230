/**
 * The table of runtime x storage: every combination that is tested, and what each of them lacks. README shows it,
 * and CI prints it with the numbers of a run. A suite takes its place in it by `testIn` of `in-cell.ts`.
 * @module
 */

/** What a combination cannot do by its nature, and the tests that show it. They are skipped. */
export interface Lack {
  /** For people who choose a combination: what is missing, in a few words. */
  readonly reason: string
  /** Whole names of rows of the specification, and of tests of the suites. */
  readonly tests: readonly string[]
}

/** By runtime and storage: what is lacking, usually nothing. */
export const CELLS = {
  'node with memory': [],
  'node with fs': [],
  'node with s3': [],
  'bun with fs': [],
  'bun with s3': [],
  'deno with fs': [],
  'deno with kv': [],
  'workerd with r2': [],
  'workerd with r2 and Durable Objects': [],
  'workerd with kv': [
    {
      reason: 'KV writes nothing on condition: of two that write at once both may be told that they did it',
      tests: [
        'race: of 50 creates one wins',
        'race: of 20 conditional puts one wins',
        'race: remove against put, exactly one happens',
        'race: of removes one wins',
        'uploads: of two writers of one chunk exactly one wins',
        'blobs/uploads/two writers of one chunk',
      ],
    },
    {
      reason: 'what a read shows may be a minute old: nobody looks whether a piece was replaced or abandoned',
      tests: [
        'seal: a piece that another writer replaced is refused',
        'abandon: removes what was begun, not what was sealed',
      ],
    },
  ],
  'workerd with kv and Durable Objects': [],
  'next with fs, API route': [],
  'next with fs, route handlers': [
    // The rows are run all the same, with the header put back.
    {
      reason: 'no answer has a Content-Length: docker can neither push nor pull',
      tests: ['every answer has its Content-Length'],
    },
    {
      reason: 'Next itself answers malformed percent-encoding, with 400 and a page',
      tests: [
        'traversal//v2/%zz/tags/list',
        'traversal//v2/%ff/tags/list',
        'traversal//v2/a/manifests/%',
        'traversal//v2/a/blobs/%c0%ae%c0%ae',
      ],
    },
  ],
} as const satisfies Readonly<Record<string, readonly Lack[]>>

/** For example `bun with fs`. */
export type CellName = keyof typeof CELLS

/** Why a test is skipped in a combination; absent if it is not. */
export function skipReason(cell: CellName, name: string): string | undefined {
  const lacks: readonly Lack[] = CELLS[cell]
  return lacks.find(({ tests }) => tests.includes(name))?.reason
}
