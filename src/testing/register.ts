import type { Expect, Skip, TestKit } from './expect.ts'

/** What a suite runs its tests on. */
interface Subject<Scope> {
  /** What a test is given. */
  scope(expect: Expect): Scope
  /** Called after each test. */
  readonly dispose: (() => Promise<void>) | undefined
}

/** Hands the tests of a suite to the runner; those to skip under their name and the reason. */
export function register<Scope>(
  kit: TestKit,
  tests: Readonly<Record<string, (scope: Scope) => Promise<void>>>,
  make: () => Promise<Subject<Scope>>,
  skip: readonly Skip[] = [],
): void {
  const skips = new Map(skip.map(({ test, reason }) => [test, reason]))
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
      const { scope, dispose } = await make()
      try {
        await run(scope(kit.expect))
      } finally {
        await dispose?.()
      }
    })
  }
}
