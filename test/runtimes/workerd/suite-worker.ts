/**
 * The storage suite as a Worker: it tells the names of its tests, and runs one on request.
 *
 * `GET /?storage=r2` answers the names; `GET /?storage=r2&test=NAME` what became of one: empty, or the error.
 */

import {
  type DurableObjectNamespace,
  UploadSessions,
  withUploadSessions,
} from '../../../adapters/cloudflare/index.ts'
import { type R2Bucket, r2 } from '../../../adapters/storage/r2/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { storageSuite } from '../../../src/testing/index.ts'
import { expect } from './expect.ts'

export { UploadSessions }

interface Env {
  readonly BUCKET: R2Bucket
  readonly SESSIONS: DurableObjectNamespace
}

const storages: Readonly<Record<string, (env: Env) => Storage>> = {
  r2: ({ BUCKET }) => r2(BUCKET, { prefix: 'tenants/one/' }),
  // Every key of the suite.
  'durable objects': ({ BUCKET, SESSIONS }) => withUploadSessions(r2(BUCKET), SESSIONS, { prefix: '' }),
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(request.url)
    const storage = storages[searchParams.get('storage') ?? '']
    if (!storage) return new Response('there is no such storage', { status: 404 })
    const tests = new Map<string, () => Promise<void>>()
    const test = (name: string, run: () => Promise<void>) => tests.set(name, run)
    storageSuite({ test, expect }, async () => ({ storage: storage(env) }))
    const name = searchParams.get('test')
    if (name === null) return Response.json([...tests.keys()])
    const run = tests.get(name)
    if (!run) return new Response('there is no such test', { status: 404 })
    return run().then(
      () => new Response(),
      (error: unknown) =>
        new Response(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    )
  },
}
