/**
 * Upload sessions in which something goes wrong: what was acknowledged stays, and the client can go on.
 * @module
 */

import { RegistryError } from '../../oci/index.ts'
import { noise, probe, utf8 } from '../storage/scope.ts'
import { sampleOf, textOf, unknownDigest } from './samples.ts'
import { type RegistryTests, type Scope, streamOf } from './scope.ts'

/** Errors, races and ends. */
export const uploadFailureTests: RegistryTests = {
  'uploads: a chunk out of order tells how to go on': async (scope) => {
    const { registry, repo, expectCode, expect, expectBlob } = scope
    const it = await textOf('first, last')
    const { id } = await registry.startUpload(repo)
    await registry.writeUpload(repo, id, utf8('first, '), { offset: 0 })
    for (const offset of [0, 3, 6, 8, 1000]) {
      const error = await expectCode(
        registry.writeUpload(repo, id, utf8('last'), { offset }),
        'RANGE_INVALID',
      )
      expect([error.status, error.upload?.offset]).toEqual([416, 7])
    }
    const late = registry.finishUpload(repo, id, it.digest, { body: utf8('last'), offset: 3 })
    const { upload } = await expectCode(late, 'RANGE_INVALID')
    expect(upload?.offset).toBe(7)
    const next = await registry.writeUpload(repo, upload!.id, utf8('last'), { offset: upload!.offset })
    await registry.finishUpload(repo, next.id, it.digest)
    await expectBlob(it)
  },

  'uploads: a first chunk that does not begin at 0': async ({ registry, repo, expectCode, expect }) => {
    const { id } = await registry.startUpload(repo)
    const error = await expectCode(registry.writeUpload(repo, id, utf8('x'), { offset: 5 }), 'RANGE_INVALID')
    expect(error.upload?.offset).toBe(0)
    expect((await registry.uploadStatus(repo, error.upload!.id)).offset).toBe(0)
  },

  'uploads: a chunk of another length is not kept': async (scope) => {
    const { registry, repo, expectCode, expect, expectBlob } = scope
    const it = await textOf('first, last')
    const { id } = await registry.startUpload(repo)
    await registry.writeUpload(repo, id, utf8('first, '))
    for (const size of [3, 5]) {
      await expectCode(registry.writeUpload(repo, id, utf8('last'), { size }), 'SIZE_INVALID')
      await expectCode(registry.writeUpload(repo, id, streamOf('la', 'st'), { size }), 'SIZE_INVALID')
      expect((await registry.uploadStatus(repo, id)).offset).toBe(7)
    }
    await registry.finishUpload(repo, id, it.digest, { body: utf8('last') })
    await expectBlob(it)
  },

  'uploads: a chunk of another length at an offset is not kept either': async (scope) => {
    const { registry, repo, expectCode, expect } = scope
    const { id } = await registry.startUpload(repo)
    await registry.writeUpload(repo, id, utf8('first, '))
    for (const size of [3, 5]) {
      const options = { size, offset: 7 }
      await expectCode(registry.writeUpload(repo, id, streamOf('la', 'st'), options), 'SIZE_INVALID')
      expect((await registry.uploadStatus(repo, id)).offset).toBe(7)
    }
  },

  'uploads: a wrong digest keeps the session': async (scope) => {
    const { registry, repo, expectCode, expectNoBlob, expectBlob, expect } = scope
    const it = await textOf('first, last')
    const wrong = await unknownDigest()
    const { id } = await registry.startUpload(repo)
    await registry.writeUpload(repo, id, it.bytes)
    await expectCode(registry.finishUpload(repo, id, wrong), 'DIGEST_INVALID')
    await expectNoBlob(wrong)
    expect((await registry.uploadStatus(repo, id)).offset).toBe(11)
    await registry.finishUpload(repo, id, it.digest)
    await expectBlob(it)
  },

  'uploads: a wrong digest with the last bytes keeps what was there': async (scope) => {
    const { registry, repo, expectCode, expectNoBlob, expectBlob, expect } = scope
    const it = await textOf('first, last')
    const { id } = await registry.startUpload(repo)
    await registry.writeUpload(repo, id, utf8('first, '))
    const bad = registry.finishUpload(repo, id, it.digest, { body: utf8('LAST') })
    await expectCode(bad, 'DIGEST_INVALID')
    await expectNoBlob(it.digest)
    expect((await registry.uploadStatus(repo, id)).offset).toBe(7)
    await registry.finishUpload(repo, id, it.digest, { body: utf8('last') })
    await expectBlob(it)
  },

  'uploads: an algorithm that cannot be stored is refused': async ({ registry, repo, expectCode }) => {
    const { id } = await registry.startUpload(repo)
    const digest = `blake3:${'a'.repeat(64)}` as const
    await expectCode(registry.finishUpload(repo, id, digest, { body: utf8('x') }), 'DIGEST_INVALID')
  },

  'uploads: a cancelled one is gone': async ({ registry, repo, blob, expectNoBlob, ...scope }) => {
    const it = await blob()
    const { id } = await registry.startUpload(repo)
    const next = await registry.writeUpload(repo, id, it.bytes)
    await registry.cancelUpload(repo, next.id)
    for (const each of [next.id, id]) await expectGone({ registry, repo, ...scope }, each)
    await expectNoBlob(it.digest)
  },

  'uploads: a finished one takes no more': async ({ registry, repo, push, blob, expectCode, expectBlob }) => {
    const it = await blob()
    const { id } = await registry.startUpload(repo)
    await registry.finishUpload(repo, id, it.digest, { body: it.bytes })
    const unknown = 'BLOB_UPLOAD_UNKNOWN'
    await expectCode(registry.writeUpload(repo, id, utf8('more')), unknown)
    await expectCode(registry.uploadStatus(repo, id), unknown)
    await expectCode(registry.cancelUpload(repo, id), unknown)
    const { digest } = await push(await blob('other'))
    await expectCode(registry.finishUpload(repo, id, digest), unknown)
    await expectBlob(it)
  },

  'uploads: an id that was never given out': async (scope) => {
    for (const id of ['unknown', '00000000-0000-4000-8000-000000000000', 'a'.repeat(51)])
      await expectGone(scope, id)
  },

  'uploads: the id of another repository': async ({ other, ...scope }) => {
    const { registry, repo, expect } = scope
    const { id } = await registry.startUpload(repo)
    await registry.writeUpload(repo, id, utf8('secret'))
    await expectGone({ ...scope, repo: other }, id)
    expect((await registry.uploadStatus(repo, id)).offset).toBe(6)
  },

  'uploads: after a body that failed the client can go on': async ({ registry, repo, ...scope }) => {
    const it = await sampleOf(noise(300_000, 17))
    const { id } = await registry.startUpload(repo)
    const half = probe(it.bytes.slice(0, 150_000), 'fail').stream
    await scope.expectRejection(registry.writeUpload(repo, id, half, { offset: 0 }))
    await goOn({ registry, repo }, id, it.bytes)
    await registry.finishUpload(repo, id, it.digest)
    await scope.expectBlob(it)
  },

  'uploads: of two writers of one chunk exactly one wins': async ({ registry, repo, expect, expectBlob }) => {
    const it = await textOf('one chunk')
    const { id } = await registry.startUpload(repo)
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map(() => registry.writeUpload(repo, id, it.bytes, { offset: 0 })),
    )
    const codes = results.map((each) => (each.status === 'fulfilled' ? 'won' : each.reason.code)).sort()
    expect(codes).toEqual(['RANGE_INVALID', 'RANGE_INVALID', 'RANGE_INVALID', 'won'])
    expect((await registry.uploadStatus(repo, id)).offset).toBe(9)
    await registry.finishUpload(repo, id, it.digest)
    await expectBlob(it)
  },
}

async function expectGone(
  { registry, repo, expectCode }: Pick<Scope, 'registry' | 'repo' | 'expectCode'>,
  id: string,
): Promise<void> {
  const unknown = 'BLOB_UPLOAD_UNKNOWN'
  await expectCode(registry.uploadStatus(repo, id), unknown)
  await expectCode(registry.writeUpload(repo, id, utf8('x')), unknown)
  await expectCode(registry.finishUpload(repo, id, await unknownDigest()), unknown)
  await expectCode(registry.cancelUpload(repo, id), unknown)
}

/** Sends what is missing, as a client does: asks where to go on until nobody else is writing. */
async function goOn(
  { registry, repo }: Pick<Scope, 'registry' | 'repo'>,
  id: string,
  bytes: Uint8Array,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    const { offset } = await registry.uploadStatus(repo, id)
    try {
      await registry.writeUpload(repo, id, bytes.slice(offset), { offset })
      return
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== 'RANGE_INVALID' || tries > 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
