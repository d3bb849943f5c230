/** The numbers of `/metrics`, read by a parser of Prometheus's format. */

import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { memory, metrics, ocikit, open, webhooks } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import {
  emptyIndex,
  type Handler,
  LOREM,
  locationOf,
  pushBlob,
  pushIndex,
  send,
  streamOf,
} from '../server/http.ts'

interface Sample {
  readonly value?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly buckets?: Readonly<Record<string, string>>
}
interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly metrics: readonly Sample[]
}
const parse = createRequire(import.meta.url)('parse-prometheus-text-format') as (text: string) => Family[]

async function scrape(handler: Handler): Promise<Family[]> {
  const { status, headers, text } = await send(handler, 'GET', '/metrics')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parse(text)
}

const sumOf = (families: Family[], name: string, labels: Record<string, string> = {}): number => {
  const samples = families.find((family) => family.name === name)?.metrics ?? []
  const matching = samples.filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels?.[label] === value),
  )
  return matching.reduce((sum, { value }) => sum + Number(value), 0)
}

test('requests, bytes, times, uploads and calls of the storage are counted', async () => {
  const kit = ocikit({ storage: memory(), auth: open(), metrics: metrics() })
  const { digest } = await pushBlob(kit, 'a', LOREM)
  const session = locationOf(await send(kit, 'POST', '/v2/a/blobs/uploads/'))
  await send(kit, 'PATCH', session, { body: streamOf(1000).body })
  await pushIndex(kit, 'a', '1')
  await send(kit, 'GET', `/v2/a/blobs/${digest}`)
  await send(kit, 'HEAD', `/v2/a/blobs/${digest}`)
  await send(kit, 'GET', '/v2/a/manifests/none')
  await send(kit, 'BREW', '/v2/a/manifests/none')
  await send(kit, 'GET', '/v2/nothing of ours')
  const found = await scrape(kit)
  const number = (name: string, labels?: Record<string, string>) => sumOf(found, `ocikit_${name}`, labels)
  expect(number('http_requests_total', { endpoint: 'uploads', method: 'POST', status: '202' })).toBe(2)
  expect(number('http_requests_total', { endpoint: 'upload', method: 'PATCH', status: '202' })).toBe(1)
  expect(number('http_requests_total', { endpoint: 'manifest', status: '404' })).toBe(1)
  expect(number('http_requests_total', { endpoint: 'unknown' })).toBe(2)
  expect(number('http_requests_total')).toBe(10)
  expect(number('http_received_bytes_total', { endpoint: 'upload' })).toBe(LOREM.length + 1000)
  expect(number('http_received_bytes_total', { endpoint: 'manifest' })).toBe(emptyIndex('1').length)
  expect(number('http_sent_bytes_total', { endpoint: 'blob' })).toBe(LOREM.length)
  expect(number('uploads_started_total')).toBe(2)
  expect(number('uploads_finished_total')).toBe(1)
  expect(number('uploads_in_progress')).toBe(0)
  expect(number('http_requests_in_progress')).toBe(0)
  expect(number('storage_stored_bytes_total')).toBeGreaterThanOrEqual(LOREM.length + 1000)
  expect(number('storage_read_bytes_total')).toBeGreaterThanOrEqual(LOREM.length)
  expect(number('storage_operations_total', { operation: 'records.create', outcome: 'ok' })).toBeGreaterThan(
    0,
  )
  expect(number('storage_operations_total', { outcome: 'error' })).toBe(0)
  expect(number('read_only')).toBe(0)
})

test('every family says what it is; a histogram ends in all; no name of a repository is there', async () => {
  const kit = ocikit({ storage: memory(), auth: open(), metrics: metrics() })
  for (const name of ['one', 'two', 'three']) await pushIndex(kit, `private/${name}`, 'secret-tag')
  const { text } = await send(kit, 'GET', '/metrics')
  expect(text).not.toMatch(/private|secret-tag|three|sha256/)
  const families = parse(text)
  expect(families.length).toBeGreaterThan(10)
  for (const { name, help, type } of families) {
    expect(name).toMatch(/^ocikit_[a-z_]+$/)
    expect(help, name).toMatch(/isolate|share the storage/)
    expect(name.endsWith('_total')).toBe(type === 'COUNTER')
  }
  const [sample] = families.find(({ type }) => type === 'HISTOGRAM')!.metrics
  const buckets = Object.entries(sample!.buckets!).map(
    ([bound, count]) => [Number(bound.replace('+Inf', 'Infinity')), Number(count)] as const,
  )
  const counts = buckets.sort(([a], [b]) => a - b).map(([, count]) => count)
  expect(counts).toEqual([...counts].sort((a, b) => a - b))
  expect(sample!.buckets!['+Inf']).toBe('3')
  expect(text).toMatch(/^ocikit_http_request_duration_seconds_count\{endpoint="manifest",method="PUT"\} 3$/m)
})

test('a storage that fails is seen in it', async () => {
  const storage = memory()
  const failing: Storage = {
    ...storage,
    records: { ...storage.records, get: () => Promise.reject(new Error('broken')) },
  }
  const kit = ocikit({ storage: failing, auth: open(), metrics: metrics() })
  expect((await send(kit, 'GET', '/v2/a/manifests/x')).status).toBe(500)
  const found = await scrape(kit)
  expect(
    sumOf(found, 'ocikit_storage_operations_total', { operation: 'records.get', outcome: 'error' }),
  ).toBe(1)
  expect(sumOf(found, 'ocikit_http_requests_total', { status: '500' })).toBe(1)
})

test('requests that have no answer yet, the switch, and events that wait', async () => {
  const secret = 'a secret that is long enough'
  const kit = ocikit({
    storage: memory(),
    auth: open(),
    metrics: metrics(),
    webhooks: webhooks([{ url: 'http://127.0.0.1:9/', secret }]),
    readOnly: true,
  })
  kit.readOnly = false
  await pushIndex(kit, 'a', '1')
  kit.readOnly = true
  const found = await scrape(kit)
  expect(sumOf(found, 'ocikit_read_only')).toBe(1)
  expect(sumOf(found, 'ocikit_webhooks_pending')).toBe(await kit.webhooks.pending())
  expect(await kit.webhooks.pending()).toBeGreaterThan(0)
  await kit.close()
})

test('one value of metrics counts for a storage through all that a storage can do', async () => {
  const storage = memory()
  const watched = metrics().observe(storage)
  expect(Object.keys(watched.contents).sort()).toEqual(Object.keys(storage.contents).sort())
  expect(Object.keys(watched.records).sort()).toEqual(Object.keys(storage.records).sort())
  expect(watched.traits).toBe(storage.traits)
})

test('metrics are nowhere unless they are asked for', async () => {
  const kit = ocikit({ storage: memory(), auth: open() })
  for (const path of ['/metrics', '/healthz', '/readyz'])
    expect((await send(kit, 'GET', path)).status).toBe(404)
})
