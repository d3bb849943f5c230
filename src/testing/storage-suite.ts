/**
 * What every storage driver has to do, as tests for any runner.
 *
 * The tests are in `storage/`, by the part of the contract that they cover.
 * @module
 */

import type { Storage } from '../storage/index.ts'
import type { Expect, Skip, TestKit } from './expect.ts'
import { register } from './register.ts'
import { callTests } from './storage/calls.ts'
import { conditionTests } from './storage/conditions.ts'
import { contentListTests } from './storage/content-list.ts'
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
  /** What the test calls. */
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
    ...contentListTests,
    ...writeFailureTests,
    ...pieceTests,
    ...callTests,
  }
  const subject = async () => {
    const { storage, dispose } = await make()
    return { scope: (expect: Expect) => scopeOf(storage, expect), dispose }
  }
  register(kit, tests, subject, options.skip)
}
