/** The lock of a layout in a folder, of holders that were suspended: they seem dead to others, and are not. */

import { readFile, utimes, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { folderFiles } from '../../adapters/layout/folder-files.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'

let folder: Folder
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

const lock = () => folder.at('.ocikit', 'lock')
const text = (bytes: string) => new TextEncoder().encode(bytes)

/** As if the holder had not been heard of for a minute. */
async function age(): Promise<void> {
  const past = new Date(Date.now() - 60_000)
  await utimes(lock(), past, past)
}

test('who lost the lock meanwhile writes nothing, and does the work again', async () => {
  const [slow, quick] = [folderFiles(folder.path), folderFiles(folder.path)]
  let rounds = 0
  await slow.writing.alone(async () => {
    const before = await readFile(folder.at('list'), 'utf8').catch(() => '')
    if (++rounds === 1) {
      await age()
      await quick.writing.alone(() => quick.writing.replace('list', text('quick ')))
    }
    await slow.writing.replace('list', text(`${before}slow `))
  })
  expect(rounds).toBe(2)
  expect(await readFile(folder.at('list'), 'utf8')).toBe('quick slow ')
  await slow.close()
  await quick.close()
})

test('who lost the lock does not take it from who has it now', async () => {
  const [slow, quick] = [folderFiles(folder.path), folderFiles(folder.path)]
  let finish = (): void => {}
  const end = new Promise<void>((resolve) => {
    finish = resolve
  })
  let isHeld = (): void => {}
  const held = new Promise<void>((resolve) => {
    isHeld = resolve
  })
  let quickWork: Promise<void> | undefined
  await slow.writing.alone(async () => {
    await age()
    quickWork = quick.writing.alone(async () => {
      isHeld()
      await end
    })
    await held
  })
  // The end of the slow one has left the lock where it is.
  expect(await readFile(lock(), 'utf8')).toMatch(/^[0-9a-f]{24}$/)
  finish()
  await quickWork
  await expect(readFile(lock())).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a lock of an earlier version, with nothing in it, is taken over when it is old', async () => {
  const files = folderFiles(folder.path)
  await files.writing.alone(() => writeFile(folder.at('one'), ''))
  await writeFile(lock(), '')
  await age()
  expect(await files.writing.alone(async () => 'done')).toBe('done')
  await files.close()
})
