/**
 * The storage suite as a program of its own, for a runtime in which no test runner runs.
 * @module
 */

import { type StorageUnderTest, storageSuite } from '../../src/testing/index.ts'
import { expect } from './workerd/expect.ts'

/** A test and why it failed; empty if it did not. */
export type Outcome = readonly [name: string, error: string]

/** Runs the suite and prints the {@link Outcome}s as one line of JSON. */
export async function report(make: () => Promise<StorageUnderTest>): Promise<void> {
  const tests = new Map<string, () => Promise<void>>()
  storageSuite({ test: (name, run) => tests.set(name, run), expect }, make)
  const outcomes: Outcome[] = []
  for (const [name, run] of tests) {
    const error = await run().then(
      () => '',
      (thrown: unknown) => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)),
    )
    outcomes.push([name, error])
  }
  console.log(JSON.stringify(outcomes))
}
