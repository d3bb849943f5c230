import { test } from 'vitest'
import { type CellName, skipReason } from './cells.ts'

/** What a test tells to the reporter of CI, which makes the table of runtime x storage of it. */
interface Place {
  readonly name: CellName
  readonly suite: 'specification' | 'storage' | 'registry'
  /** Why the test is skipped, if it is. */
  readonly reason?: string
}

declare module 'vitest' {
  interface TaskMeta {
    /** The combination of runtime and storage that the test is about. */
    cell?: Place
  }
}

/**
 * A function like vitest's `test`, for the tests of a suite on a combination of runtime and storage: they count in
 * the table, and what the combination lacks is skipped, with the reason.
 *
 * @example `storageSuite({ test: testIn('node with fs', 'storage'), expect }, make)`
 */
export function testIn(
  name: CellName,
  suite: Place['suite'],
  options: { readonly timeout?: number } = {},
): (title: string, run: () => Promise<void>) => void {
  return (title, run) => {
    const reason = skipReason(name, title)
    if (reason === undefined) test(title, { ...options, meta: { cell: { name, suite } } }, run)
    else test.skip(`${title} [skipped: ${reason}]`, { meta: { cell: { name, suite, reason } } }, run)
  }
}
