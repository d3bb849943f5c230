/**
 * The little that the suites ask of a test runner. Vitest, Jest, `bun:test` and `jsr:@std/expect` all have it.
 * @module
 */

/** Compares: `toBe` by identity, `toEqual` by structure. */
export type Expect = (value: unknown) => {
  toBe(expected: unknown): unknown
  toEqual(expected: unknown): unknown
}

/** A test runner, as far as the suites need one. */
export interface TestKit {
  readonly test: (name: string, fn: () => Promise<void>) => unknown
  readonly expect: Expect
}

/** A test that is left out, and why: the reason is shown beside its name. */
export interface Skip {
  readonly test: string
  readonly reason: string
}
