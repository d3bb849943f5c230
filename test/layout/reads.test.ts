/** How often a layout reads its files. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FolderFiles, folderFiles } from '../../adapters/layout/folder-files.ts'
import { createLayout } from '../../src/layout/index.ts'
import { indexOf, type Sample } from '../../src/testing/registry/samples.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'

let folder: Folder
let files: FolderFiles
beforeEach(async () => {
  folder = await temporaryFolder()
  files = folderFiles(folder.path)
})
afterEach(async () => {
  await files.close()
  await folder.remove()
})

/** A layout, and the manifests of it that were read. */
function watched() {
  const opened: string[] = []
  const read: FolderFiles['read'] = (path, limit, call) => {
    if (path.startsWith('blobs/')) opened.push(path)
    return files.read(path, limit, call)
  }
  return { layout: createLayout({ ...files, read }), opened }
}

const numbered = (no: string, children: readonly Sample[] = []): Promise<Sample> =>
  indexOf(children, { annotations: { no } })

test('a push of many reads no manifest again that it has read', async () => {
  const { layout, opened } = watched()
  const push = (index: Sample, tags: string[] = []) =>
    layout.pushManifest('layout', index.bytes, index.mediaType, { tags })
  for (let no = 0; no < 10; no++) {
    const child = await numbered(`child ${no}`)
    await push(child)
    await push(await numbered(`parent ${no}`, [child]), [`t${no}`])
    expect(await all(layout.tags('layout'))).toHaveLength(no + 1)
  }
  expect(opened).toHaveLength(20)
  expect(new Set(opened).size).toBe(20)
})

test('indexes that lie in many others are read once', async () => {
  const writer = createLayout(files)
  // Each of the three of a level leads to the three below it: 3 ** 8 ways to the last ones.
  let level: readonly Sample[] = []
  for (let depth = 0; depth < 9; depth++) {
    const below = level
    level = await Promise.all(['a', 'b', 'c'].map((name) => numbered(`${depth}${name}`, below)))
    for (const { bytes, mediaType } of level) await writer.pushManifest('layout', bytes, mediaType)
  }
  const { layout, opened } = watched()
  const root = level[0]!.digest
  expect((await layout.resolveManifest('layout', root)).digest).toBe(root)
  // All of them to see what is there, and the one that was asked for.
  expect(opened).toHaveLength(9 * 3 + 1)
})

test('an index.json that others write anew meanwhile is read as it was at one moment', async () => {
  const writer = createLayout(files)
  const index = await numbered('one')
  let count = 0
  const push = () => writer.pushManifest('layout', index.bytes, index.mediaType, { tags: [`v${++count}`] })
  await push()
  const andMore =
    <T>(ask: (path: string) => Promise<T>) =>
    async (path: string): Promise<T> => {
      const found = await ask(path)
      if (path === 'index.json') await push()
      return found
    }
  const layout = createLayout({ ...files, version: andMore(files.version), size: andMore(files.size) })
  expect(await all(layout.tags('layout'))).toContain('v1')
  expect(count).toBeGreaterThan(1)
})
