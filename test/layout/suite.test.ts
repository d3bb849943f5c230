/** The contract of registries, spoken by a folder with a layout for each repository. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { folderLayouts } from '../../adapters/layout/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'

let folder: Folder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

const make = async () => {
  const registry = folderLayouts(folder.path)
  return { registry, dispose: registry.close }
}
const skip = [
  {
    test: 'mounts: without a source from where the caller may read',
    reason: 'layouts do not know of each other: somebody has to say where a blob is',
  },
  { test: 'mounts: without a source from nowhere else', reason: 'the same' },
  { test: 'manifests: are no blobs', reason: 'a layout keeps both in one folder, by the specification' },
  {
    test: 'calls: an upload belongs to the subject that began it',
    reason: 'an upload is a file: who may use the folder may go on with it',
  },
]
registrySuite({ test, expect }, make, { skip })
