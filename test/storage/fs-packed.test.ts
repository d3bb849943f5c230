/** Listings of very many files, of which only the names are remembered, packed. */

import { mkdir, rm, writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileOfKey } from '../../adapters/storage/fs/key-path.ts'
import { Listing } from '../../adapters/storage/fs/listing.ts'
import { nameAt, pack, patch } from '../../adapters/storage/fs/packed.ts'
import { sortInTurns } from '../../adapters/storage/fs/sort.ts'
import { withFolder } from './folder.ts'

const NAMES = ['', '0', 'A', 'a', 'a.b', 'aa', 'ab', 'b', 'v1.0.0', 'v1.0.1', 'x'.repeat(100)]

async function keysOf(listing: Listing, prefix: string, after = ''): Promise<string[]> {
  const found: string[] = []
  for await (const keys of listing.keys({ prefix, after, signal: undefined })) found.push(...keys)
  return found
}

test('what comes and goes is put in and left out', () =>
  fc.assert(
    fc.asyncProperty(
      fc.subarray(NAMES),
      fc.subarray(NAMES),
      fc.subarray(NAMES),
      async (before, changed, there) => {
        const isThere = new Map(changed.map((name) => [name, there.includes(name)]))
        const patched = patch(await pack([...before].sort()), isThere)
        const names = Array.from(patched.ends, (_, i) => nameAt(patched, i))
        const wanted = NAMES.filter((name) => isThere.get(name) ?? before.includes(name))
        expect(names).toEqual(wanted.sort())
      },
    ),
    { numRuns: 300 },
  ))

test('many are sorted as few are', async () => {
  const numbers = Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 70_001)
  const sorted = await sortInTurns([...numbers], (a, b) => a - b)
  expect(sorted.join()).toBe(numbers.sort((a, b) => a - b).join())
})

test('a folder is read once, and what comes and goes in it is seen', { timeout: 60_000 }, () =>
  withFolder(async (folder) => {
    const step = fc.record({ key: fc.nat(NAMES.length - 1), there: fc.boolean(), isListed: fc.boolean() })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.nat(NAMES.length), async (steps, cut) => {
        const root = `${folder}/${run++}`
        await mkdir(`${root}/d`, { recursive: true })
        const listing = new Listing(root, 1)
        const known = new Set(['d/first'])
        await writeFile(`${root}/${fileOfKey('d/first')}`, '')
        expect(await keysOf(listing, 'd/')).toEqual(['d/first'])
        // Nobody may write here but the driver: this shows whether it looked.
        await writeFile(`${root}/${fileOfKey('d/unseen')}`, '')
        for (const { key, there, isListed } of steps) {
          const name = `d/${NAMES[key]}`
          const file = `${root}/${fileOfKey(name)}`
          if (there) await writeFile(file, '')
          else await rm(file, { force: true })
          listing.changed(file)
          known[there ? 'add' : 'delete'](name)
          if (!isListed) continue
          const after = NAMES[cut] === undefined ? '' : `d/${NAMES[cut]}`
          expect(await keysOf(listing, 'd/', after)).toEqual([...known].filter((each) => each > after).sort())
        }
        expect(await keysOf(listing, 'd/')).toEqual([...known].sort())
      }),
      { numRuns: 60 },
    )
  }),
)

test('what changes while a folder is read is seen, and the folder remembered', () =>
  withFolder(async (folder) => {
    await mkdir(`${folder}/d`)
    for (let i = 0; i < 100; i++) await writeFile(`${folder}/d/k${i}+`, '')
    const listing = new Listing(folder, 1)
    const reading = keysOf(listing, 'd/')
    await writeFile(`${folder}/d/new+`, '')
    listing.changed(`${folder}/d/new+`)
    const after = keysOf(listing, 'd/')
    await rm(`${folder}/d/k7+`)
    listing.changed(`${folder}/d/k7+`)
    expect((await reading).length).toBeGreaterThanOrEqual(99)
    expect(await after).toContain('d/new')
    await writeFile(`${folder}/d/unseen+`, '')
    const found = await keysOf(listing, 'd/')
    expect([found.length, found.includes('d/new'), found.includes('d/k7')]).toEqual([100, true, false])
  }))

test('a folder within, and a name that is not ASCII, end that', () =>
  withFolder(async (folder) => {
    await mkdir(`${folder}/d`)
    const listing = new Listing(folder, 1)
    const put = async (key: string) => {
      await writeFile(`${folder}/${fileOfKey(key)}`, '')
      listing.changed(`${folder}/${fileOfKey(key)}`)
    }
    await put('d/a')
    expect(await keysOf(listing, 'd/')).toEqual(['d/a'])
    await put('d/é')
    expect(await keysOf(listing, 'd/')).toEqual(['d/a', 'd/é'])
    await mkdir(`${folder}/d/b`)
    listing.changed(`${folder}/d/b`)
    await put('d/b/c')
    expect(await keysOf(listing, 'd/')).toEqual(['d/a', 'd/b/c', 'd/é'])
  }))
