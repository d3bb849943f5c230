import { afterAll, describe, expect, test } from 'vitest'
import { memory, ocikit, open } from '../../src/index.ts'
import { houseRules } from './house.ts'
import { allRows } from './index.ts'
import { runRow } from './run.ts'
import { fits, type Target } from './target.ts'

const handlers = { sparse: registry(true), strict: registry(false) }
afterAll(() => Promise.all(Object.values(handlers).map((handler) => handler.close())))

for (const [name, handler] of Object.entries(handlers)) {
  const target = houseRules(targetOf(handler, name === 'sparse'))
  describe(`a ${name} registry in memory`, () => {
    for (const row of allRows.filter((each) => fits(each, target))) {
      test(row.name, async () => {
        // No skips against ourselves.
        expect(await runRow(target, row)).toEqual({ row, outcome: 'pass' })
      })
    }
  })
}

function registry(sparse: boolean) {
  return ocikit({ storage: memory(), sparse, auth: open() })
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
