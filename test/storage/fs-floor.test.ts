/** Space that stays free on a disk. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { aboveFloor, floorOf } from '../../adapters/storage/fs/floor.ts'
import { fs } from '../../adapters/storage/fs/index.ts'
import { memory, ocikit, open } from '../../src/index.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { errorIn, LOREM, pushIndex, send } from '../server/http.ts'

let folder: Folder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder?.remove())

/** A disk of 1000 bytes. */
const diskWith = (bytes: () => number) => {
  let asked = 0
  const disk = async () => {
    asked++
    return { bavail: bytes(), blocks: 1000, bsize: 1 }
  }
  return { disk, asked: () => asked }
}

test('blobs are refused with 507 below it, and manifests and deletes are not', async () => {
  const storage = await fs(folder.at('data'), { minFree: 2 ** 52 })
  const kit = ocikit({ storage, auth: open() })
  const digest = `sha256:${'0'.repeat(64)}`
  const refused = await send(kit, 'POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: LOREM })
  expect(refused.status).toBe(507)
  expect(errorIn(refused)).toMatchObject({
    code: 'STORAGE_FULL',
    message: expect.stringContaining('the disk is nearly full'),
  })
  const session = (await send(kit, 'POST', '/v2/a/blobs/uploads/')).headers.get('location')!
  expect((await send(kit, 'PATCH', session, { body: LOREM })).status).toBe(507)
  expect((await pushIndex(kit, 'a', '1')).status).toBe(201)
  expect((await send(kit, 'DELETE', '/v2/a/manifests/1')).status).toBe(202)
  await kit.close()
})

test('a part of the disk, and a number of bytes', async () => {
  for (const [minFree, free, refused] of [
    ['5%', 50, false],
    ['5%', 49, true],
    ['0.5%', 5, false],
    [100, 100, false],
    [100, 99, true],
  ] as const) {
    const checked = floorOf('/', minFree, diskWith(() => free).disk).check()
    if (refused) await expect(checked).rejects.toMatchObject({ code: 'STORAGE_FULL', status: 507 })
    else await checked
  }
})

test('the disk is asked once, whoever wants to know', async () => {
  const { disk, asked } = diskWith(() => 1000)
  const floor = floorOf('/', '5%', disk)
  await Promise.all(Array.from({ length: 50 }, () => floor.check()))
  expect(asked()).toBe(1)
})

test('a body is cut off in the middle, and let go', async () => {
  let isLow = false
  const check = async () => {
    if (isLow) throw new Error('low')
  }
  const contents = aboveFloor(memory().contents, { check })
  let cancelled = false
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(10))
      isLow = true
    },
    cancel() {
      cancelled = true
    },
  })
  await expect(contents.write('content/-/a', body, { size: 1000 })).rejects.toThrow('low')
  await expect.poll(() => cancelled).toBe(true)
  expect(await contents.size('content/-/a')).toBeNull()
})

test.each([0, -1, 0.5, '5', '100%', 'x%', Number.NaN])('%s is no floor', async (minFree) => {
  await expect(fs(folder.at('other'), { minFree: minFree as number })).rejects.toThrow(/minFree must be/)
})
