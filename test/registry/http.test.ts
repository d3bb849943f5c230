import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'
import { overHttp } from './over-http.ts'

const HTTP = [
  {
    test: 'mounts: without a source from nowhere else',
    reason: 'mayRead is a function: over HTTP the server asks its own rules',
  },
  {
    test: 'referrers: a cursor goes on behind its entry',
    reason: 'a cursor travels only in the Link of a full page, which is 4 MiB',
  },
  {
    test: 'calls: an upload belongs to the subject that began it',
    reason: 'who calls is told by credentials, not by the context',
  },
]

const SOCKET = {
  test: 'uploads: a chunk of another length at an offset is not kept either',
  reason: 'a client that finds out half-way breaks off, and what came before that is worth keeping',
}

describe('over HTTP, in this process', () => {
  const registry = testRegistry()
  const client = overHttp({ url: 'http://registry.test', fetch: (request) => registry.fetch(request) })
  afterAll(() => registry.close())
  registrySuite({ test, expect }, async () => ({ registry: client }), { skip: HTTP })
})

describe('over HTTP, through a socket', () => {
  let server: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    server = await listen()
  })
  afterAll(() => server.close())
  const make = async () => ({ registry: overHttp({ url: server.url, fetch, counts: true }) })
  registrySuite({ test, expect }, make, { skip: [...HTTP, SOCKET] })
})
