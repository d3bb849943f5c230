/** Health and metrics of a Worker: asked for by many requests, each with a life of its own. */

import { afterAll, expect, test } from 'vitest'
import { emptyIndex, INDEX } from '../../server/http.ts'
import { receiver } from '../../webhooks/receiver.ts'
import { bundle } from './bundle.ts'
import { ONCE, startWorker } from './start.ts'

const to = await receiver()
const script = await bundle(new URL('../../webhooks/worker.ts', import.meta.url))
const worker = await startWorker(script, { bindings: { HOOK: to.url } })
afterAll(async () => {
  await worker.stop()
  await to[Symbol.asyncDispose]()
})

const ask = async (path: string) => {
  const response = await fetch(worker.url + path, { headers: ONCE })
  return { status: response.status, text: await response.text() }
}

test('it is ready, and has the numbers of its isolate, whoever asks, at once and later', async () => {
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(['/healthz', '/readyz', '/readyz', '/metrics', '/metrics'].map(ask))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(answers[3]!.text).toMatch(/^# HELP ocikit_http_requests_total .*Of this process or isolate\.$/m)
    expect(answers[3]!.text).toMatch(/^ocikit_webhooks_pending 0$/m)
  }
  // What one request has asked the storage is good for a second, and then another one has to ask.
  to.react = () => 503
  const headers = { ...ONCE, 'content-type': INDEX }
  const path = `${worker.url}/v2/a/manifests/v1`
  expect((await fetch(path, { method: 'PUT', headers, body: emptyIndex('v1') })).status).toBe(201)
  const numbers = async () => (await ask('/metrics')).text
  await expect.poll(numbers, { timeout: 10_000 }).toMatch(/^ocikit_webhooks_pending 1$/m)
  expect(await numbers()).toMatch(/^ocikit_webhooks_undeliverable 0$/m)
})
