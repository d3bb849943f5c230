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

/** A layout, and the blobs of it that were opened. */
function watched() {
  const opened: string[] = []
  const open: FolderFiles['open'] = (path, span, call) => {
    if (path.startsWith('blobs/')) opened.push(path)
    return files.open(path, span, call)
  }
  return { layout: createLayout({ ...files, open }), opened }
}

const numbered = (no: string, children: readonly Sample[] = []): Promise<Sample> =>
  indexOf(children, { annotations: { no } })

test('a push of many reads no manifest again that it has read', async () => {
  const { layout, opened } = watched()
  const push = (index: Sample, tags: string[] = []) =>
    layout.pushManifest('layout', index.bytes, index.mediaType, { tags })
  for (let no = 0; no < 30; no++) {
    const child = await numbered(`child ${no}`)
    await push(child)
    await push(await numbered(`parent ${no}`, [child]), [`t${no}`])
    expect(await all(layout.tags('layout'))).toHaveLength(no + 1)
  }
  expect(opened).toHaveLength(60)
  expect(new Set(opened).size).toBe(60)
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
