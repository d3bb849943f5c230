import { describe, expect, test } from 'vitest'
import { s3 } from '../../../adapters/storage/s3/index.ts'
import { storageSuite } from '../../../src/testing/storage-suite.ts'
import { fakeStore } from './fake.ts'

// The fake takes a body whole before it answers, so what concerns bytes on their way is proved on a real store.
describe('s3, on a store that deletes conditionally', () => {
  const { options } = fakeStore()
  const opened = s3(options)
  storageSuite({ test, expect }, async () => ({ storage: await opened }))
  test('removal is exact', async () => expect((await opened).traits.remove).toBe('exact'))
})

describe('s3, on a store that does not, and where streams cannot be sent', () => {
  const { options } = fakeStore({ ignores: ['delete if-match'] })
  const opened = s3({ ...options, streams: false })
  storageSuite({ test, expect }, async () => ({ storage: await opened }))
  test('removal is emulated', async () => expect((await opened).traits.remove).toBe('emulated'))
})
