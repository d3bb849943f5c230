import { afterAll, describe, expect, test } from 'vitest'
import { memory, type OcikitOptions, ocikit, open } from '../../src/index.ts'
import { testIn } from '../runtimes/in-cell.ts'
import { houseRules } from './house.ts'
import { allRows } from './index.ts'
import { rows as compat } from './rows/compat.ts'
import { runRow } from './run.ts'
import { fits, type Target } from './target.ts'

const handlers = { sparse: registry(true), strict: registry(false) }
const lacking = compat.map((row) => ({ row, handler: registry(false, row.options) }))
const all = [...Object.values(handlers), ...lacking.map(({ handler }) => handler)]
afterAll(() => Promise.all(all.map((handler) => handler.close())))

const inMemory = testIn('node with memory', 'specification')
for (const [name, handler] of Object.entries(handlers)) {
  const target = houseRules(targetOf(handler, name === 'sparse'))
  describe(`a ${name} registry in memory`, () => {
    for (const row of allRows.filter((each) => fits(each, target))) {
      inMemory(row.name, async () => {
        // No skips against ourselves.
        expect(await runRow(target, row)).toEqual({ row, outcome: 'pass' })
      })
    }
  })
}

describe('a registry that lacks something', () => {
  const whole = targetOf(handlers.strict, false)
  for (const { row, handler } of lacking) {
    const bare = targetOf(handler, false)
    // A body of formatError is not the specification's.
    const target = row.options.formatError ? bare : houseRules(bare)
    test(row.name, async () => {
      expect(await runRow(target, row)).toEqual({ row, outcome: 'pass' })
      expect(await runRow(whole, row), 'where nothing is lacking').toMatchObject({ outcome: 'fail' })
    })
  }
})

function registry(sparse: boolean, options: Partial<OcikitOptions> = {}) {
  return ocikit({ ...options, storage: memory(), sparse, auth: open() })
}

function targetOf(handler: ReturnType<typeof registry>, sparse: boolean): Target {
  return {
    url: 'http://registry.test',
    fetch: (request) => handler.fetch(request),
    sparse,
    repo1: 'conformance/repo1',
    repo2: 'conformance/repo2',
  }
}
