import { afterAll, describe, expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { r2 } from '../../adapters/storage/r2/index.ts'
import { s3 } from '../../adapters/storage/s3/index.ts'
import { checkStorage, createStore } from '../../src/index.ts'
import { inFolder } from '../storage/folder.ts'
import { startBucket } from '../storage/r2-bucket.ts'
import { fakeStore } from '../storage/s3/fake.ts'
import { expectWhole, placeIn, REPO, spoil, told } from './checking.ts'
import { harmAndHeal } from './harms.ts'
import { REAL, shaped } from './shapes.ts'
import { digestOf, INDEX, indexOf, push } from './stage.ts'

describe('each harm is found, and mended or healed', () => {
  test.each(Object.entries(REAL))('in memory, like %s', (_, shape) => harmAndHeal(shaped(shape)))

  test('in a folder', async () => {
    const { storage, dispose } = await inFolder((folder) => fs(folder, { sync: false }))
    await harmAndHeal(storage)
    await dispose()
  })

  test.each([
    ['deletes conditionally', {}],
    ['does not', { ignores: ['delete if-match'] }],
  ] as const)('in a bucket that %s', async (_, faults) => {
    const fake = fakeStore(faults)
    // Its users see the clock of the test.
    Object.defineProperty(fake, 'now', { get: () => Date.now(), set: () => {} })
    await harmAndHeal(await s3(fake.options))
  })

  test('objects that are nothing of ours', async () => {
    const fake = fakeStore()
    const storage = await s3(fake.options)
    await createStore({ storage }).pushManifest(
      'a',
      new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}'),
      '',
    )
    const object = { bytes: new Uint8Array(1), etag: '"x"', modified: 0 }
    for (const key of ['records/what', 'content/~', 'elsewhere']) fake.objects.set(key, object)
    const report = await checkStorage(storage, { repair: true })
    expect(report.findings.map(({ problem, at }) => [problem, at])).toEqual([
      ['stray-file', 'records/what'],
      ['stray-file', 'content/~'],
    ])
    expect(fake.objects.size).toBeGreaterThan(3)
  })

  describe('of Cloudflare', async () => {
    const { bucket, dispose } = await startBucket()
    afterAll(dispose)

    test('in R2', async () => {
      const storage = r2(bucket, { prefix: 'registry/' })
      const store = createStore({ storage })
      const blob = await push(store, REPO, 'a blob')
      await store.pushManifest(REPO, indexOf([blob]), INDEX)
      expectWhole(await checkStorage(storage))
      await spoil(storage, await placeIn(storage, REPO, blob), 'a glob')
      await storage.contents.write('content/-/00/nobody-knows', new Uint8Array(1), { size: 1 })
      const repaired = await checkStorage(storage, { repair: true })
      expect(told(repaired)).toEqual(['blob-digest: set aside', 'reference', 'stray-content'])
      expect(repaired.findings[0]!.digest).toBe(digestOf('a blob'))
    })
  })
})
