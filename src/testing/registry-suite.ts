/**
 * What every registry has to do, as tests for any runner: a store, a client, a wrapper.
 *
 * The tests are in `registry/`, by the part of the contract that they cover.
 * @module
 */

import type { Registry } from '../registry.ts'
import type { Skip, TestKit } from './expect.ts'
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
      const { registry, dispose } = await make()
      try {
        await run(scopeOf(registry, kit.expect))
      } finally {
        await dispose?.()
      }
    })
  }
}
