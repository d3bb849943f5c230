/** The contract of registries over a cache: what is written to the upstream is read through it. */

import { describe, expect, test } from 'vitest'
import { cache } from '../../src/cache/index.ts'
import { createStore, memory, passThrough } from '../../src/index.ts'
import type { Skip } from '../../src/testing/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'

const because = (reason: string, ...tests: readonly string[]): Skip[] =>
  tests.map((test) => ({ test, reason }))

const KEPT = because(
  'what is named by its digest is kept when the upstream has deleted it',
  'deletes: a blob',
  'deletes: a blob stays in other repositories',
  'deletes: a manifest takes all its tags with it',
  'deletes: a manifest pushed again has only its new tags',
)
const CATALOG = because(
  'repositories are those of which something is kept',
  'repositories: those that manifests were pushed to, in bytewise order',
  'repositories: after and limit are bounds',
)

describe('cache', () => {
  registrySuite(
    { test, expect },
    async () => {
      const upstream = createStore({ storage: memory() })
      const kept = createStore({ storage: memory(), sparse: true })
      const through = cache(upstream, kept, { ttl: 0 })
      const { getBlob, resolveBlob, getManifest, resolveManifest, tags, repositories, referrers } = through
      const reading = { getBlob, resolveBlob, getManifest, resolveManifest, tags, repositories, referrers }
      return { registry: passThrough(upstream, reading), dispose: () => through.close() }
    },
    { skip: [...KEPT, ...CATALOG] },
  )
})
