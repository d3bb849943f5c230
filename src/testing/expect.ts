/**
 * The little that the suites ask of a test runner. Vitest, Jest, `bun:test` and `jsr:@std/expect` all have it.
 * @module
 */

/** Compares: `toBe` by identity, `toEqual` by structure. */
export type Expect = (value: unknown) => {
  /** Fails unless both are the same value. */
  toBe(expected: unknown): unknown
  /** Fails unless both have the same structure. */
  toEqual(expected: unknown): unknown
}

/** A test runner, as far as the suites need one. */
export interface TestKit {
  /** Registers a test. It fails when the promise rejects. */
  readonly test: (name: string, fn: () => Promise<void>) => unknown
  /** Makes the assertions. */
  readonly expect: Expect
}

/** A test that is left out, and why: the reason is shown beside its name. */
export interface Skip {
  /** Its whole name; one that does not exist is an error. */
  readonly test: string
  /** Why it cannot pass. */
  readonly reason: string
}
