/** The row of the inspector: what an application has of it that had that of massdriver-cloud/oci. */

import { expect, test } from 'vitest'
import { type Checkpoint, inspector, memory, ocikit, users } from '../../src/index.ts'
import { basic, send } from '../server/http.ts'

test('Inspector: per-request debugging keyed by a request header in conformance runs', async () => {
  const seen: Checkpoint[] = []
  const auth = users([{ name: 'ann', password: 'an-old-secret' }])
  const kit = ocikit({ storage: memory(), auth, inspect: inspector({ to: (each) => seen.push(each) }) })
  const login = basic('ann', 'an-old-secret')
  const headers = { ...login, 'x-oci-conformance-test': 'GET nonexistent manifest' }
  await send(kit, 'GET', '/v2/a/manifests/none', { headers: login })
  expect(seen).toEqual([])
  expect((await send(kit, 'GET', '/v2/a/manifests/none', { headers })).status).toBe(404)
  expect(seen.map(({ label }) => label)).toEqual(
    expect.arrayContaining(['request', 'action', 'subject', 'error', 'answer']),
  )
  expect(new Set(seen.map(({ test: name }) => name))).toEqual(new Set(['GET nonexistent manifest']))
  // There the dump of a request showed its Authorization.
  expect(JSON.stringify(seen)).not.toContain('an-old-secret')
  expect(JSON.stringify(seen)).not.toContain(login['authorization']!.slice(6))
})
