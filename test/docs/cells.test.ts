/** The page's table of runtime x storage is what the tests know, and all of it is tested. */

import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { memory } from '../../src/index.ts'
import { storageSuite, type TestKit } from '../../src/testing/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'
import { CELLS, type Lack } from '../runtimes/cells.ts'
import { allRows } from '../spec/index.ts'
import { ROOT, read, tableOf } from './markdown.ts'

const cells: readonly (readonly [string, readonly Lack[]])[] = Object.entries(CELLS)
const sources = globSync('test/**/*.test.ts', { cwd: ROOT }).map(read)

test('the table names every combination, and what is skipped there', () => {
  const told = cells.map(([name, lacks]) => {
    const [runtime, storage] = name.split(' with ')
    const skips = lacks.map(({ reason, tests }) => `${tests.length}: ${reason}`)
    return [runtime, storage, skips.join('; ') || 'nothing']
  })
  expect(tableOf('| runtime | storage | what is skipped |')).toEqual(told)
})

test('every combination is tested', () => {
  const untested = cells.filter(([name]) => !sources.some((source) => source.includes(`'${name}'`)))
  expect(untested).toEqual([])
})

test('what is skipped exists', () => {
  const names = new Set(allRows.map(({ name }) => name))
  const kit: TestKit = { test: (name) => names.add(name), expect }
  storageSuite(kit, async () => ({ storage: memory() }))
  registrySuite(kit, () => Promise.reject(new Error('never run')))
  const skipped = cells.flatMap(([, lacks]) => lacks.flatMap(({ tests }) => tests))
  const isElsewhere = (name: string) => sources.some((source) => source.includes(`'${name}'`))
  expect(skipped.filter((name) => !names.has(name) && !isElsewhere(name))).toEqual([])
})
