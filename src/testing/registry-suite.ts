/**
 * What every registry has to do, as tests for any runner: a store, a client, a wrapper.
 *
 * The tests are in `registry/`, by the part of the contract that they cover.
 * @module
 */

import type { Registry } from '../registry.ts'
import type { Expect, Skip, TestKit } from './expect.ts'
import { register } from './register.ts'
import { blobTests } from './registry/blobs.ts'
import { callTests } from './registry/calls.ts'
import { contentTests } from './registry/contents.ts'
import { deleteTests } from './registry/deletes.ts'
import { listTests } from './registry/lists.ts'
import { manifestTests } from './registry/manifests.ts'
import { mountTests } from './registry/mounts.ts'
import { referenceTests } from './registry/references.ts'
import { referrerTests } from './registry/referrers.ts'
import { type RegistryTests, scopeOf } from './registry/scope.ts'
import { uploadFailureTests } from './registry/upload-failures.ts'
import { uploadTests } from './registry/uploads.ts'

/** A registry to test. It may be shared: every test keeps to repositories of its own. */
export interface RegistryUnderTest {
  /** What the test calls. */
  readonly registry: Registry
  /** Called after each test. */
  readonly dispose?: () => Promise<void>
}

/**
 * Registers the tests of the registry contract.
 *
 * @param make Called for each test.
 * @param options.skip Tests that the registry cannot pass by its nature. Each is still registered, under its
 *   name and the reason, so that a report shows what is not promised.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { registrySuite } from 'ocikit/testing'
 * import { expect, test } from 'vitest'
 *
 * registrySuite({ test, expect }, async () => ({ registry: createStore({ storage: memory() }) }))
 * ```
 */
export function registrySuite(
  kit: TestKit,
  make: () => Promise<RegistryUnderTest>,
  options: { skip?: readonly Skip[] } = {},
): void {
  const tests: RegistryTests = {
    ...blobTests,
    ...contentTests,
    ...uploadTests,
    ...uploadFailureTests,
    ...mountTests,
    ...manifestTests,
    ...referenceTests,
    ...deleteTests,
    ...listTests,
    ...referrerTests,
    ...callTests,
  }
  const subject = async () => {
    const { registry, dispose } = await make()
    return { scope: (expect: Expect) => scopeOf(registry, expect), dispose }
  }
  register(kit, tests, subject, options.skip)
}
