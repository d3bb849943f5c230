import { createHash } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import { type RunningWorker, startWorker, type WorkerSetup } from './start.ts'

const running: RunningWorker[] = []
afterAll(() => Promise.all(running.map((worker) => worker.stop())))

async function start(entry: string, setup: WorkerSetup = {}): Promise<RunningWorker> {
  const worker = await startWorker(await bundle(new URL(entry, import.meta.url)), setup)
  running.push(worker)
  return worker
}

const EXAMPLE = '../../../examples/cloudflare-r2/worker.ts'
const bytes = new Uint8Array(300_000).map((_, i) => i % 251)
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`

async function pushAndPull({ url }: RunningWorker, headers: Record<string, string> = {}): Promise<Response> {
  const pushed = await fetch(`${url}/v2/a/blobs/uploads/?digest=${digest}`, {
    method: 'POST',
    body: bytes,
    headers,
  })
  expect(pushed.status).toBe(201)
  return fetch(`${url}/v2/a/blobs/${digest}`, { headers })
}

test('ocikit() itself is a Worker, and its blobs have a length', async () => {
  const answer = await pushAndPull(await start('./bare-worker.ts'))
  expect(answer.headers.get('content-length')).toBe(String(bytes.length))
  expect(
    createHash('sha256')
      .update(await answer.bytes())
      .digest('hex'),
  ).toBe(digest.slice(7))
})

test('a registry without a key for its upload ids makes one when a request needs it', async () => {
  // Workers refuse random bytes while a module is loaded.
  const { url } = await start('./proxy-worker.ts')
  const begun = await fetch(`${url}/v2/a/blobs/uploads/`, { method: 'POST' })
  expect(begun.status).toBe(202)
  const path = `${url}${begun.headers.get('location')}?digest=${digest}`
  expect((await fetch(path, { method: 'PUT', body: bytes })).status).toBe(201)
})

describe('the example', () => {
  test('answers 401 to everything until it has its secrets', async () => {
    const worker = await start(EXAMPLE, { sessions: 'UploadSessions', bindings: { USERNAME: 'ann' } })
    const requests = [
      ['GET', '/v2/'],
      ['GET', '/v2/_catalog'],
      ['GET', '/v2/a/tags/list'],
      ['HEAD', '/v2/a/manifests/b'],
      ['GET', `/v2/a/blobs/${digest}`],
      ['POST', '/v2/a/blobs/uploads/'],
      ['PUT', '/v2/a/manifests/b'],
      ['DELETE', `/v2/a/blobs/${digest}`],
    ] as const
    for (const [method, path] of requests) {
      const authorization = `Basic ${btoa('ann:')}`
      for (const headers of [{}, { authorization }, { authorization: 'Basic Og==' }]) {
        const answer = await fetch(worker.url + path, { method, headers })
        expect(answer.status, `${method} ${path}`).toBe(401)
        expect(answer.headers.get('www-authenticate')).toContain('Basic')
        await answer.arrayBuffer()
      }
    }
  })

  test('lets its user in', async () => {
    const secrets = { USERNAME: 'ann', PASSWORD: 'secret' }
    const worker = await start(EXAMPLE, { sessions: 'UploadSessions', bindings: secrets })
    const answer = await pushAndPull(worker, { authorization: `Basic ${btoa('ann:secret')}` })
    expect(answer.status).toBe(200)
    await answer.arrayBuffer()
  })

  test('sweeps when its cron trigger fires', async () => {
    const worker = await start(EXAMPLE, { sessions: 'UploadSessions' })
    const { scheduled } = await worker.miniflare.getWorker()
    expect(await scheduled({ cron: '0 * * * *' })).toMatchObject({ outcome: 'ok' })
  })

  test('tells a client why its body was refused', async () => {
    const worker = await start(EXAMPLE, { sessions: 'UploadSessions' })
    for (let i = 0; i < 5; i++) {
      const body = new Uint8Array(8 * 1024 * 1024)
      const answer = await fetch(`${worker.url}/v2/a/manifests/b`, { method: 'PUT', body })
      expect(answer.status).toBe(401)
      await answer.arrayBuffer()
    }
  })
})
