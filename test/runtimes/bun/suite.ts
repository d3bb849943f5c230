/** Runs the storage suite on the file system driver. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fs } from '../../../adapters/storage/fs/index.ts'
import { report } from '../report.ts'

await report(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
  const storage = await fs(folder)
  return {
    storage,
    async dispose() {
      await storage.close?.()
      await rm(folder, { recursive: true })
    },
  }
})
