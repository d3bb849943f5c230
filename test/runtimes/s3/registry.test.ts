import { expect } from 'vitest'
import { s3 } from '../../../adapters/storage/s3/index.ts'
import { createStore } from '../../../src/index.ts'
import { registrySuite } from '../../../src/testing/registry-suite.ts'
import { bucketOptions, describeBucket } from '../../storage/s3/bucket.ts'
import { testIn } from '../in-cell.ts'

describeBucket('a store in a bucket, shared by all tests', () => {
  const registry = (async () => createStore({ storage: await s3(bucketOptions()) }))()
  registry.catch(() => {})
  registrySuite({ test: testIn('node with s3', 'registry'), expect }, async () => ({
    registry: await registry,
  }))
})
