/** What a Worker over KV does when its cron trigger fires, and how far an upload's URL carries it. */

import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../clients/process.ts'
import { ask as askAlways, type Rest, sha256 } from '../../crash/http.ts'
import { bundle } from './bundle.ts'
import { ONCE, type RunningWorker, startWorker, type WorkerSetup } from './start.ts'

const MIB = 1024 * 1024
const script = await bundle(new URL('./kv-spec-worker.ts', import.meta.url))
const ask = (method: string, url: string, wanted: number | number[], { headers, ...rest }: Rest = {}) =>
  askAlways(method, url, wanted, { ...rest, headers: { ...headers, ...ONCE } })

async function keysOf({ miniflare }: RunningWorker, prefix: string): Promise<string[]> {
  const kv = await miniflare.getKVNamespace('KV')
  return (await kv.list({ prefix })).keys.map(({ name }) => name)
}

describe.each([
  ['KV', {}],
  ['KV and Durable Objects', { sessions: 'UploadSessions' }],
] as [string, WorkerSetup][])('a Worker over %s', (_, more) => {
  test('its cron trigger removes abandoned uploads, and does not fail', { timeout: 60_000 }, async () => {
    const folder = await temporaryFolder()
    const setup = { ...more, bucket: false, kv: true, data: folder.at('data') }
    try {
      const now = await startWorker(script, setup)
      const begun = await ask('POST', `${now.url}/v2/a/blobs/uploads/`, 202)
      const body = randomBytes(9 * MIB)
      await ask('PATCH', now.url + begun.headers.get('location'), 202, { body })
      expect((await keysOf(now, 'd/')).length).toBeGreaterThan(1)
      await now.stop()
      const later = await startWorker(script, { ...setup, bindings: { LATER: '1' } })
      try {
        const { scheduled } = await later.miniflare.getWorker()
        expect(await scheduled({ cron: '0 * * * *' })).toMatchObject({ outcome: 'ok' })
        for (const prefix of ['d/', 'r/uploads/', 'c/']) expect(await keysOf(later, prefix)).toEqual([])
      } finally {
        await later.stop()
      }
    } finally {
      await folder.remove()
    }
  })
})

test('without Durable Objects an upload goes on where nothing of it is recorded', {
  timeout: 60_000,
}, async () => {
  const worker = await startWorker(script, { bucket: false, kv: true })
  try {
    const kv = await worker.miniflare.getKVNamespace('KV')
    const chunks = [randomBytes(3 * MIB), randomBytes(9 * MIB), randomBytes(17)]
    const begun = await ask('POST', `${worker.url}/v2/a/blobs/uploads/`, 202)
    let location = begun.headers.get('location')!
    for (const body of chunks) {
      location = (await ask('PATCH', worker.url + location, 202, { body })).headers.get('location')!
      // As if another place were asked next, where none of this shows yet.
      for (const key of await keysOf(worker, 'r/uploads/')) await kv.delete(key)
    }
    const whole = Buffer.concat(chunks)
    await ask('PUT', `${worker.url}${location}?digest=${sha256(whole)}`, 201)
    const read = await ask('GET', `${worker.url}/v2/a/blobs/${sha256(whole)}`, 200)
    expect(sha256(read.bytes)).toBe(sha256(whole))
  } finally {
    await worker.stop()
  }
})
