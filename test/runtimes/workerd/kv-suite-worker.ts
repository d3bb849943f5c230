/** Suites over KV as a Worker: see `suite-worker.ts`. */

import {
  type DurableObjectNamespace,
  durableRecords,
  UploadSessions,
} from '../../../adapters/cloudflare/index.ts'
import { cloudflareKv, type KvNamespace } from '../../../adapters/storage/kv/index.ts'
import { createStore } from '../../../src/index.ts'
import { storageSuite } from '../../../src/testing/index.ts'
import { registrySuite } from '../../../src/testing/registry-suite.ts'
import { expect } from './expect.ts'
import { answerTests } from './named-tests.ts'

export { UploadSessions }

interface Env {
  readonly KV: KvNamespace
  readonly SESSIONS: DurableObjectNamespace
}

export default {
  async fetch(request: Request, { KV, SESSIONS }: Env): Promise<Response> {
    const { searchParams } = new URL(request.url)
    const durable = searchParams.get('on') === 'kv and Durable Objects'
    const storage = durable
      ? cloudflareKv(KV, { records: durableRecords(SESSIONS), prefix: 'tenants/one/' })
      : cloudflareKv(KV)
    const tests = new Map<string, () => Promise<void>>()
    const test = (name: string, run: () => Promise<void>) => tests.set(name, run)
    if (searchParams.get('suite') === 'storage') storageSuite({ test, expect }, async () => ({ storage }))
    else registrySuite({ test, expect }, async () => ({ registry: createStore({ storage }) }))
    return answerTests(request, tests)
  },
}
