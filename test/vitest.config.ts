import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const root = fileURLToPath(new URL('..', import.meta.url))

// Every `node` that a test starts on the sources would strip and compile all of them again: half a second each time.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')

/** Whose files take long. Begun last, one of them would run while nobody else has anything left to do. */
const LONG = /^test\/(soak|examples|crash|runtimes|bench|auth\/spec|clients|model\/engine)\b/

/** What takes long comes first; what else is known of a file orders the rest. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(relative(root, moduleId))
    return [...sorted.filter(isLong), ...sorted.filter((each) => !isLong(each))]
  }
}

export default defineConfig({
  root,
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    // One more than CI has processors: much of the time goes by in waiting for a disk or for somebody else.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    // For what takes a second, as a rule: on a busy machine it may be one of ten.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    slowTestThreshold: 5_000,
  },
})
