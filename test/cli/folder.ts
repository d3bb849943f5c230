import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { type Folder, temporaryFolder } from '../clients/process.ts'

/** Gives each test a folder of its own for data, which is not there yet. */
export function inFolderEach(use: (data: string) => void): void {
  let folder: Folder
  beforeEach(async () => {
    folder = await temporaryFolder()
    use(join(folder.path, 'data'))
  })
  afterEach(() => folder.remove())
}
