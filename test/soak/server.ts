/**
 * A process that serves a folder, or a bucket of S3 (`s3`); it is there to be killed.
 * Arguments: which, and when its clock began.
 * @module
 */

import { serve } from '../../adapters/node/index.ts'
import { fs } from '../../adapters/storage/fs/index.ts'
import { s3 } from '../../adapters/storage/s3/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { fakeStore } from '../storage/s3/fake.ts'
import { FastClock } from './clock.ts'
import { controlled } from './control.ts'

const [what = '', start] = process.argv.slice(2)

/** A bucket whose clock is the real one, as that of a real store. */
function bucket(): Promise<Storage> {
  const fake = fakeStore()
  Object.defineProperty(fake, 'now', { get: () => Date.now(), set: () => {} })
  return s3(fake.options)
}

const storage = what === 's3' ? await bucket() : await fs(what)
const server = await serve({ fetch: controlled(storage, new FastClock(Number(start))) }, { port: 0 })
process.once('SIGTERM', () => process.exit())
console.log(`listening ${server.url}`)
