/** What a Worker does after its answer, and between requests. */

import { afterAll, describe, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from '../../clients/process.ts'
import { ask as askAlways, type Rest } from '../../crash/http.ts'
import { bundle } from './bundle.ts'
import { ONCE, type RunningWorker, startWorker, type WorkerSetup } from './start.ts'

const ask = (method: string, url: string, wanted: number | number[], { headers, ...rest }: Rest = {}) =>
  askAlways(method, url, wanted, { ...rest, headers: { ...headers, ...ONCE } })

const script = await bundle(new URL('./spec-worker.ts', import.meta.url))
const folders: Folder[] = []
afterAll(() => Promise.all(folders.map((folder) => folder.remove())))

/** Keys of what the bucket holds. */
async function keysOf({ miniflare }: RunningWorker, prefix: string): Promise<string[]> {
  const bucket = await miniflare.getR2Bucket('BUCKET')
  return (await bucket.list({ prefix })).objects.map(({ key }) => key)
}

/** Sends bytes; returns where to go on. */
async function patch(url: string, body: Buffer<ArrayBuffer>): Promise<string> {
  return (await ask('PATCH', url, 202, { body })).headers.get('location')!
}

describe.each([
  ['R2', {}],
  ['R2 and Durable Objects', { sessions: 'UploadSessions' }],
] as [string, WorkerSetup][])('a Worker over %s', (_, setup) => {
  test('tidies up after its answer, and removes abandoned uploads when its cron trigger fires', {
    timeout: 120_000,
  }, async () => {
    const folder = await temporaryFolder()
    folders.push(folder)
    const data = folder.at('data')
    const now = await startWorker(script, { ...setup, data })
    const begun = await ask('POST', `${now.url}/v2/a/blobs/uploads/`, 202)
    let location = begun.headers.get('location')!
    for (let i = 0; i < 3; i++) location = await patch(now.url + location, Buffer.from(`${i}`))
    // Each took the place of the one before, which is removed when the answer has been sent.
    await expect.poll(() => keysOf(now, 'content/'), { timeout: 10_000 }).toHaveLength(1)
    const large = await ask('POST', `${now.url}/v2/a/blobs/uploads/`, 202)
    const path = await patch(now.url + large.headers.get('location'), Buffer.alloc(9 * 1024 * 1024))
    await now.stop()

    const later = await startWorker(script, { ...setup, data, bindings: { LATER: '1' } })
    try {
      const { scheduled } = await later.miniflare.getWorker()
      expect(await scheduled({ cron: '0 * * * *' })).toMatchObject({ outcome: 'ok' })
      expect(await keysOf(later, 'content/')).toEqual([])
      expect(await keysOf(later, 'uploads/')).toEqual([])
    } finally {
      await later.stop()
    }

    // By the clock of today the ids are good, but nothing is known of them any more.
    const again = await startWorker(script, { ...setup, data })
    try {
      for (const gone of [location, path])
        expect((await ask('GET', again.url + gone, 204)).headers.get('range')).toBe('0-0')
    } finally {
      await again.stop()
    }
  })
})
