import { describe, expect, test } from 'vitest'
import { run, temporaryFolder } from '../../clients/process.ts'
import { testIn } from '../in-cell.ts'
import type { Suites } from '../report.ts'
import { DENO, denoArgs, folderFlags } from './start.ts'

/** Runs the suites as a program of Deno, with no more permissions than the README says. */
async function suitesOn(kind: 'fs' | 'kv'): Promise<Suites> {
  const folder = await temporaryFolder()
  try {
    const flags = [...(kind === 'kv' ? ['--unstable-kv'] : []), ...folderFlags(folder.path)]
    const data = kind === 'kv' ? folder.at('kv') : folder.path
    const { status, stdout, stderr } = await run(DENO, denoArgs('suite.ts', flags, [kind, data]))
    if (status !== 0) throw new Error(`the suites did not run: ${stderr}`)
    return JSON.parse(stdout) as Suites
  } finally {
    await folder.remove()
  }
}

/** How many tests there are at least. */
const LEAST = { storage: 50, registry: 90 } as const

for (const kind of ['fs', 'kv'] as const) {
  const suites = await suitesOn(kind)
  for (const suite of ['storage', 'registry'] as const) {
    describe(`the ${suite} suite inside Deno, with ${kind}`, () => {
      const inCell = testIn(`deno with ${kind}`, suite)
      test('there are tests', () => expect(suites[suite].length).toBeGreaterThanOrEqual(LEAST[suite]))
      for (const [name, error] of suites[suite]) inCell(name, async () => expect(error).toBe(''))
    })
  }
}
