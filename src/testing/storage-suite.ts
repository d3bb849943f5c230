/**
 * What every storage driver has to do, as tests for any runner.
 *
 * The tests are in `storage/`, by the part of the contract that they cover.
 * @module
 */

import type { Storage } from '../storage/index.ts'
import type { Skip, TestKit } from './expect.ts'
import { callTests } from './storage/calls.ts'
import { conditionTests } from './storage/conditions.ts'
import { contentTests } from './storage/contents.ts'
import { keyTests } from './storage/keys.ts'
import { listingTests } from './storage/listing.ts'
import { pieceTests } from './storage/pieces.ts'
import { recordTests } from './storage/records.ts'
import type { StorageTests } from './storage/scope.ts'
import { scopeOf } from './storage/scope.ts'
import { writeFailureTests } from './storage/write-failures.ts'

/** A storage to test. It may be shared: every test keeps to keys and places of its own. */
export interface StorageUnderTest {
  readonly storage: Storage
  /** Called after each test. */
  readonly dispose?: () => Promise<void>
}

/**
 * Registers the tests of the storage contract.
 *
 * @param make Called for each test.
 * @param options.skip Tests that the driver cannot pass by its nature. Each is still registered, under its
 *   name and the reason, so that a report shows what is not promised.
 *
 * @example
 * ```ts
 * import { memory } from 'ocikit/storage'
 * import { storageSuite } from 'ocikit/testing'
 * import { expect, test } from 'vitest'
 *
 * storageSuite({ test, expect }, async () => ({ storage: memory() }))
 * ```
 */
export function storageSuite(
  kit: TestKit,
  make: () => Promise<StorageUnderTest>,
  options: { skip?: readonly Skip[] } = {},
): void {
  const tests: StorageTests = {
    ...recordTests,
    ...conditionTests,
    ...keyTests,
    ...listingTests,
    ...contentTests,
    ...writeFailureTests,
    ...pieceTests,
    ...callTests,
  }
  const skips = new Map(options.skip?.map(({ test, reason }) => [test, reason]))
  for (const name of skips.keys()) {
    if (!Object.hasOwn(tests, name)) throw new Error(`there is no test to skip with the name: ${name}`)
  }
  for (const [name, run] of Object.entries(tests)) {
    const reason = skips.get(name)
    if (reason !== undefined) {
      kit.test(`${name} [skipped: ${reason}]`, async () => {})
      continue
    }
    kit.test(name, async () => {
      const { storage, dispose } = await make()
      try {
        await run(scopeOf(storage, kit.expect))
      } finally {
        await dispose?.()
      }
    })
  }
}
