import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createStore } from '../../src/index.ts'
import { temporaryFolder } from '../clients/process.ts'
import { start } from './run.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('uploads that have expired are removed when the server starts', async () => {
  const temporary = await temporaryFolder()
  const folder = temporary.path
  try {
    const old = Date.now() - 3 * 24 * 3_600_000
    const storage = await fs(folder)
    const store = createStore({ storage, now: () => old })
    const { id } = await store.startUpload('a')
    await store.writeUpload('a', id, new Uint8Array(3))
    await storage.close?.()
    const uploads = async () => {
      const entries = await readdir(join(folder, 'records/uploads'), { recursive: true }).catch(() => [])
      return entries.map((entry) => join(folder, 'records/uploads', entry))
    }
    expect(await uploads()).not.toEqual([])
    for (const path of await uploads()) await utimes(path, old / 1000, old / 1000)

    await using server = await start(['--data', folder, '--log', 'off'])
    await vi.waitFor(async () => expect(await uploads()).toEqual([]), 20_000)
    expect(await server.stop()).toBe(0)
  } finally {
    await temporary.remove()
  }
})

test('a signal to npm alone ends the server, too', async () => {
  const command = ['npm', 'run', '-s', '--prefix', ROOT, 'ocikit', '--']
  await using server = await start(['--memory', '--log', 'off'], { command })
  await server.stop('SIGTERM')
  await expect(fetch(`${server.url}/v2/`)).rejects.toThrow()
})
