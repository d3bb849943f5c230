import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createStore, memory, type Registry } from '../../src/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'

describe('a store in memory', () => {
  registrySuite({ test, expect }, async () => ({ registry: createStore({ storage: memory() }) }))
})

describe('a store in a folder, shared by all tests', () => {
  let folder: string
  let storage: Awaited<ReturnType<typeof fs>>
  let registry: Registry
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
    storage = await fs(folder)
    registry = createStore({ storage })
  })
  afterAll(async () => {
    await storage.close?.()
    await rm(folder, { recursive: true })
  })
  registrySuite({ test, expect }, async () => ({ registry }))
})
