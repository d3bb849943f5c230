/**
 * The bucket of a soak: that of the tests, or where there is none a stand-in. Either goes on when a server is killed.
 * @module
 */

import { serve } from '../../adapters/node/index.ts'
import { bucketOptions, hasBucket } from '../storage/s3/bucket.ts'
import { fakeStore } from '../storage/s3/fake.ts'

/** Where it is. */
interface Bucket {
  /** For `s3()`, as JSON. */
  readonly options: string
  close(): Promise<void>
}

/** A bucket that nobody has used, or a part of one. */
export async function newBucket(): Promise<Bucket> {
  if (hasBucket) return { options: JSON.stringify(bucketOptions()), close: async () => {} }
  const { fetch, bucket, credentials } = standIn()
  const server = await serve({ fetch }, { port: 0 })
  return {
    options: JSON.stringify({ endpoint: server.url.replace(/\/$/, ''), bucket, credentials }),
    close: () => server.close(),
  }
}

/** The store of the tests of the driver, whose clock is the real one, as that of a real store. */
function standIn() {
  const fake = fakeStore()
  Object.defineProperty(fake, 'now', { get: () => Date.now(), set: () => {} })
  const { bucket, credentials } = fake.options
  const answer = async (request: Request): Promise<Response> => {
    const { method, headers } = request
    const bytes = await request.arrayBuffer()
    fake.requests.length = 0
    return fake.options.fetch!(request.url, { method, headers, ...(bytes.byteLength > 0 && { body: bytes }) })
  }
  return { fetch: answer, bucket, credentials }
}
