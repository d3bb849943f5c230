import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs a test with a folder of its own, which is removed afterwards. */
export async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
  try {
    await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A storage in a folder of its own, which is removed when the storage is disposed of. */
export async function inFolder<T extends { close?(): Promise<void> }>(
  open: (folder: string) => Promise<T>,
): Promise<{ storage: T; dispose(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
  const storage = await open(folder)
  return {
    storage,
    async dispose() {
      await storage.close?.()
      await rm(folder, { recursive: true })
    },
  }
}

/** The paths of all files below a folder, sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

/** Makes all records in the folder of a registry so many milliseconds old. */
export async function ageRecords(folder: string, ms: number): Promise<void> {
  const old = (Date.now() - ms) / 1000
  const records = join(folder, 'records')
  for (const name of await readdir(records, { recursive: true })) await utimes(join(records, name), old, old)
}
