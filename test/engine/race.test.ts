import { test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createStore } from '../../src/index.ts'
import { memory } from '../../src/storage/index.ts'
import { withFolder } from '../storage/folder.ts'
import { ROUNDS, race } from './race.ts'

const TITLE = `${ROUNDS} rounds of two writers at one offset: one gets in, and the bytes are right`

test(`${TITLE}, in memory`, { timeout: 60_000 }, async () => {
  const storage = memory()
  await race([createStore({ storage }), createStore({ storage })])
})

test(`${TITLE}, in a folder`, { timeout: 60_000 }, () =>
  withFolder(async (folder) => {
    const storage = await fs(folder)
    await race([createStore({ storage }), createStore({ storage })])
    await storage.close?.()
  }),
)
