import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createClient } from 'ocikit/client'
import { faultyFetch, fill, recorder, testRegistry } from 'ocikit/testing'
import { newestOf } from './newest.ts'

/** A registry of its own, in this process: what the program calls, and what the test looks at. */
const there = testRegistry()
after(() => there.close())
const { fetch, lines, clear } = recorder(there.fetch)
const client = createClient('registry.test', { fetch })

const filled = await fill(there.registry, {
  'team/app': {
    blobs: { config: '{"os":"linux","architecture":"amd64"}', 'layer 1.9': 'old', 'layer 1.10': 'new' },
    manifests: {
      old: { config: 'config', layers: ['layer 1.9'] },
      new: { config: 'config', layers: ['layer 1.10'] },
    },
    tags: { 'v1.9.0': 'old', 'v1.10.0': 'new', latest: 'old' },
  },
  'team/untagged': { manifests: { alone: { layers: [] } } },
})

test('versions are numbers', async () => {
  assert.equal((await newestOf(client, 'team/app'))?.digest, filled.digest('team/app', 'new'))
})

test('without a version there is none', async () => {
  assert.equal(await newestOf(client, 'team/untagged'), null)
})

test('it asks for one list and one manifest', async () => {
  clear()
  await newestOf(client, 'team/app')
  assert.deepEqual(lines(), ['GET /v2/team/app/tags/list len=-', 'HEAD /v2/team/app/manifests/v1.10.0 len=-'])
})

test('a registry that is busy is asked again', async () => {
  // Chance that is the same each time.
  let calls = 0
  const wire = faultyFetch(there.fetch, { busy: 50 }, () => (calls++ % 2 === 0 ? 0.1 : 0.9))
  const patient = createClient('registry.test', { fetch: wire.fetch, retry: { firstDelay: 1 } })
  assert.equal((await newestOf(patient, 'team/app'))?.digest, filled.digest('team/app', 'new'))
  assert.ok(wire.counts.busy)
})
