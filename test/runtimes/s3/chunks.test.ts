import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { s3 } from '../../../adapters/storage/s3/index.ts'
import { createStore, type Registry } from '../../../src/index.ts'
import type { Digest } from '../../../src/oci/index.ts'
import { sha256, streamed } from '../../crash/http.ts'
import { bucketOptions, describeBucket } from '../../storage/s3/bucket.ts'

const KIB = 1024
const MIB = KIB * KIB

/** A chunk: how long, whether it says so, and whether the process has been started again before it. */
const chunk = fc.record({
  // A piece has 5 MiB or more: below, at and above that, and many times nothing much.
  size: fc.oneof(
    fc.nat(300),
    fc.nat(900 * KIB),
    fc.integer({ min: 5 * MIB - 2, max: 5 * MIB + 2 }),
    fc.nat(9 * MIB),
  ),
  declared: fc.boolean(),
  placed: fc.boolean(),
  restarted: fc.boolean(),
})

describeBucket('chunks of any size in a bucket', () => {
  let options: ReturnType<typeof bucketOptions> | undefined
  /** A process that remembers nothing, on the same keys as the one before. */
  const started = async (): Promise<Registry> => {
    options ??= bucketOptions()
    return createStore({ storage: await s3(options) })
  }

  test('in any order, with restarts between them, are right', { timeout: 240_000 }, async () => {
    const chunks = fc.array(chunk, { minLength: 1, maxLength: 7 })
    await fc.assert(
      fc.asyncProperty(chunks, fc.option(chunk, { nil: null }), fc.boolean(), async (all, last, hinted) => {
        let store = await started()
        let { id } = await store.startUpload('a', hinted ? { algorithm: 'sha256' } : {})
        const whole: Buffer[] = []
        let offset = 0
        for (const { size, declared, placed, restarted } of all) {
          if (restarted) store = await started()
          const bytes = randomBytes(size)
          const upload = await store.writeUpload('a', id, streamed(bytes, 100_000), {
            ...(declared && { size }),
            ...(placed && { offset }),
          })
          whole.push(bytes)
          offset += size
          expect(upload.offset).toBe(offset)
          id = upload.id
        }
        if (last?.restarted) store = await started()
        const rest = randomBytes(last?.size ?? 0)
        const digest = sha256(Buffer.concat([...whole, rest])) as Digest
        const end = last && {
          body: streamed(rest, 100_000),
          ...(last.declared && { size: last.size }),
        }
        const done = await store.finishUpload('a', id, digest, end ?? {})
        expect(done.size).toBe(offset + rest.length)
        const read = await (await started()).getBlob('a', digest)
        expect(sha256(await read.bytes(100 * MIB))).toBe(digest)
      }),
      { numRuns: 25 },
    )
  })
})
