import { expect } from 'vitest'
import { s3 } from '../../../adapters/storage/s3/index.ts'
import { storageSuite } from '../../../src/testing/storage-suite.ts'
import { testIn } from '../../runtimes/in-cell.ts'
import { bucketOptions, describeBucket } from './bucket.ts'

describeBucket('s3', () => {
  const opened = Promise.resolve().then(() => s3(bucketOptions()))
  opened.catch(() => {})
  storageSuite({ test: testIn('node with s3', 'storage'), expect }, async () => ({ storage: await opened }))
})
