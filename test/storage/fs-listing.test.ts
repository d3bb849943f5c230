/** The listing that the driver remembers, against what is known for certain of each key. */

import { mkdir, writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { fileRecords } from '../../adapters/storage/fs/records.ts'
import type { Records, Storage } from '../../src/storage/index.ts'
import { compareKeys } from '../../src/storage/key.ts'
import { withFolder } from './folder.ts'

const LONG = 'L'.repeat(200)
/** Few, in folders that come and go, some of which hold parts of a long segment. */
const KEYS = [
  ...['a', 'a/b', 'a/b/c', 'a!', 'a0', 'A', 'a/', 'é', '\u{1f600}', '\ufffd'],
  ...[LONG, `${LONG}x`, `${LONG}/y`, `${LONG}x/y`, 'd/1', 'd/2', 'd/3', 'd/e/1', 'd/e/2', 'd/e/f/1'],
]
const PREFIXES = ['', 'a', 'a/', 'a/b', 'd', 'd/', 'd/2', 'd/e/', LONG, `${LONG}/`, 'L', 'x/']

const value = new TextEncoder().encode('x')

/** What is known of a key: whether it is there, and how often that has changed or begun to. */
interface Known {
  present: boolean
  changes: number
}

interface Write {
  readonly write: 'create' | 'put' | 'remove' | 'drop'
  readonly key: number
}

interface Listing {
  readonly prefix: string
  readonly after: string
  readonly limit: number
  readonly values: boolean
}

const writing = fc.record({
  write: fc.constantFrom('create' as const, 'put' as const, 'remove' as const, 'drop' as const),
  key: fc.nat(KEYS.length - 1),
})
const listing = fc.record({
  prefix: fc.constantFrom(...PREFIXES),
  after: fc.constantFrom('', '', ...KEYS),
  limit: fc.constantFrom(1, 3, 100, 100),
  values: fc.boolean(),
})

async function write(records: Records, known: Known, step: Write): Promise<void> {
  const key = KEYS[step.key]!
  known.changes++
  if (step.write === 'create') await records.create(key, value)
  else if (step.write === 'put') await records.put(key, value)
  else if (step.write === 'drop') await records.drop([key])
  else {
    const version = (await records.get(key))?.version
    if (version !== undefined) await records.remove(key, version)
  }
  known.present = step.write === 'create' || step.write === 'put'
  known.changes++
}

/** Every key that did not change meanwhile is listed if and only if it is there; others may be or not. */
async function list(records: Records, all: readonly Known[], step: Listing): Promise<void> {
  const { prefix, after, limit, values } = step
  const before = all.map(({ present, changes }) => ({ present, changes }))
  const found: string[] = []
  for await (const { key } of records.list(prefix, { after, limit, values })) found.push(key)
  expect(found.length).toBeLessThanOrEqual(limit)
  for (const [i, key] of found.entries()) {
    expect(key.startsWith(prefix) && compareKeys(key, found[i - 1] ?? after) > 0, key).toBe(true)
    expect(KEYS).toContain(key)
  }
  // A listing that is full says nothing of what comes after it.
  const end = found.length === limit ? found.at(-1)! : undefined
  for (const [i, key] of KEYS.entries()) {
    const { present, changes } = before[i]!
    if (changes % 2 === 1 || all[i]!.changes !== changes) continue
    if (!key.startsWith(prefix) || compareKeys(key, after) <= 0) continue
    if (end !== undefined && compareKeys(key, end) > 0) continue
    expect(found.includes(key), `${key} in ${JSON.stringify(step)}`).toBe(present)
  }
}

/** The driver's records; or the same with all listings packed as those of very many keys are. */
async function recordsIn(folder: string, isPacked: boolean): Promise<Pick<Storage, 'records' | 'close'>> {
  if (!isPacked) return fs(folder, { sync: false })
  const [root, temp] = [`${folder}/records`, `${folder}/temp`]
  for (const path of [root, temp]) await mkdir(path, { recursive: true })
  return { records: fileRecords(root, temp, 1024, false, 1) }
}

test.each([
  ['', false],
  [', with packed listings', true],
])('no key is missed and none made up while others write%s', { timeout: 60_000 }, (_, isPacked) =>
  withFolder(async (folder) => {
    let run = 0
    const steps = fc.array(fc.oneof(writing, listing), { minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 8 }),
        async (all: readonly (Write | Listing)[], atOnce) => {
          const { records, close } = await recordsIn(`${folder}/${run++}`, isPacked)
          const known = KEYS.map((): Known => ({ present: false, changes: 0 }))
          const turns = KEYS.map(() => Promise.resolve())
          const lanes = Array.from({ length: atOnce }, async (_, lane) => {
            for (const step of all.filter((_, i) => i % atOnce === lane)) {
              if ('prefix' in step) await list(records, known, step)
              else {
                const turn = turns[step.key]!.then(() => write(records, known[step.key]!, step))
                turns[step.key] = turn
                await turn
              }
            }
          })
          await Promise.all(lanes)
          // And in peace, twice: read and remembered.
          for (const prefix of [...PREFIXES, ...PREFIXES]) {
            await list(records, known, { prefix, after: '', limit: 100, values: false })
          }
          await close?.()
        },
      ),
      { numRuns: 150 },
    )
  }),
)

test('a listing is remembered until something comes or goes in its folder', () =>
  withFolder(async (folder) => {
    const { records, close } = await fs(folder, { sync: false })
    const keys = async (prefix: string): Promise<string[]> => {
      const found: string[] = []
      for await (const { key } of records.list(prefix)) found.push(key)
      return found
    }
    await records.put('a/1', value)
    expect(await keys('a/')).toEqual(['a/1'])
    // Nobody may write here but the driver: this shows whether it looked.
    await writeFile(`${folder}/records/a/2+`, value)
    expect(await keys('a/')).toEqual(['a/1'])
    await records.put('a/1', value)
    await records.put('b/1', value)
    expect(await keys('a/')).toEqual(['a/1'])
    await records.put('a/3', value)
    expect(await keys('a/')).toEqual(['a/1', 'a/2', 'a/3'])
    await writeFile(`${folder}/records/a/4+`, value)
    await records.drop(['a/1'])
    expect(await keys('a/')).toEqual(['a/2', 'a/3', 'a/4'])
    await close?.()
  }))

test('a folder of many keys and folders is cut anywhere, also after it was cut elsewhere', () =>
  withFolder(async (folder) => {
    const { records, close } = await fs(folder, { sync: false })
    const name = (i: number): string => `a/${String(i).padStart(4, '0')}`
    // Folders lie between the files, so that some batches end early.
    const keys = Array.from({ length: 1_200 }, (_, i) => (i % 500 === 77 ? `${name(i)}/x` : name(i)))
    for (const key of keys) await records.create(key, value, { volatile: true })
    for (const prefix of ['a/', 'a/0', 'a/05', 'a/', 'a/1', 'a/11', 'a/']) {
      for (const after of ['', name(76), name(77), name(511), name(512), name(577), name(1_100)]) {
        const expected = keys.filter((key) => key.startsWith(prefix) && key > after)
        const found: string[] = []
        for await (const { key } of records.list(prefix, { after })) found.push(key)
        expect(found.join(), `${prefix} after ${after}`).toBe(expected.join())
      }
    }
    await close?.()
  }))

test('a long listing lets others have their turn', () =>
  withFolder(async (folder) => {
    const { records, close } = await fs(folder, { sync: false })
    const count = 2_000
    for (let i = 0; i < count; i++) await records.create(`a/${i}`, value, { volatile: true })
    const list = async (onKey: () => void) => {
      for await (const _ of records.list('a/')) onKey()
    }
    await list(() => {})
    let listed = 0
    let turns = 0
    const turn = () => {
      turns++
      if (listed < count) setImmediate(turn)
    }
    setImmediate(turn)
    await list(() => listed++)
    expect(listed).toBe(count)
    expect(turns).toBeGreaterThanOrEqual(3)
    await close?.()
  }))
