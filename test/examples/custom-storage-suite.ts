/** Runs the storage suite on the example of a driver, which imports the package by its name. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqlite } from '../../examples/custom-storage/sqlite.ts'
import { report } from '../runtimes/report.ts'

await report(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
  const storage = await sqlite(folder)
  return {
    storage,
    async dispose() {
      await storage.close?.()
      await rm(folder, { recursive: true })
    },
  }
})
