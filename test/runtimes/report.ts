/**
 * The suites as a program of its own, for a runtime in which no test runner runs.
 * @module
 */

import { createStore } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { type StorageUnderTest, storageSuite, type TestKit } from '../../src/testing/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'
import { expect } from './workerd/expect.ts'

/** A test and why it failed; empty if it did not. */
export type Outcome = readonly [name: string, error: string]

/** What became of both suites. */
export interface Suites {
  readonly storage: readonly Outcome[]
  readonly registry: readonly Outcome[]
}

/** Runs the storage suite and prints the {@link Outcome}s as one line of JSON. */
export async function report(make: () => Promise<StorageUnderTest>): Promise<void> {
  console.log(JSON.stringify(await outcomesOf((kit) => storageSuite(kit, make))))
}

/** Runs both suites on one storage, which is closed then, and prints the {@link Suites} as one line of JSON. */
export async function reportSuites(storage: Storage): Promise<void> {
  console.log(JSON.stringify(await runSuites(storage)))
}

/** Runs both suites on one storage, which is closed then. */
export async function runSuites(storage: Storage): Promise<Suites> {
  const registry = createStore({ storage })
  const suites: Suites = {
    storage: await outcomesOf((kit) => storageSuite(kit, async () => ({ storage }))),
    registry: await outcomesOf((kit) => registrySuite(kit, async () => ({ registry }))),
  }
  await storage.close?.()
  return suites
}

/** Runs the tests of a suite one after another. */
export async function outcomesOf(register: (kit: TestKit) => void): Promise<readonly Outcome[]> {
  const tests = new Map<string, () => Promise<void>>()
  register({ test: (name, run) => tests.set(name, run), expect })
  const outcomes: Outcome[] = []
  for (const [name, run] of tests) {
    const error = await run().then(
      () => '',
      (thrown: unknown) => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)),
    )
    outcomes.push([name, error])
  }
  return outcomes
}
