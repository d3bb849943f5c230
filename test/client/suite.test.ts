/** The contract of registries, spoken by the client to registries of our own. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { createClient } from '../../src/client/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'
import { CLIENT, SOCKET, TAG_DIGEST } from './skips.ts'

describe('in this process', () => {
  const there = testRegistry()
  const client = createClient('https://registry.test', { fetch: there.fetch })
  afterAll(() => there.close())
  registrySuite({ test, expect }, async () => ({ registry: client }), { skip: CLIENT })
})

describe('through a socket', () => {
  let there: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    there = await listen()
  })
  afterAll(() => there.close())
  const make = async () => ({ registry: createClient(there.url) })
  registrySuite({ test, expect }, make, { skip: [...CLIENT, SOCKET] })
})

describe('in small chunks', () => {
  const there = testRegistry()
  const client = createClient('https://registry.test', { fetch: there.fetch, chunkSize: 50_000 })
  afterAll(() => there.close())
  registrySuite({ test, expect }, async () => ({ registry: client }), { skip: CLIENT })
})

describe('of a registry without referrers, filters, tags in the query and links', () => {
  const there = testRegistry({
    compat: { referrers: false, filters: false, tagDigest: false, singlePost: false, link: false },
  })
  const client = createClient('https://registry.test', { fetch: there.fetch })
  afterAll(() => there.close())
  registrySuite({ test, expect }, async () => ({ registry: client }), { skip: [...CLIENT, TAG_DIGEST] })
})
