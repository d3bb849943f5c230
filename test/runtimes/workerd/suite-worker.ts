/**
 * Suites as a Worker: it tells the names of their tests, and runs one on request.
 *
 * `GET /?suite=storage&on=r2` answers the names; `GET /?suite=storage&on=r2&test=NAME` what became of one: empty,
 * or the error.
 */

import {
  type DurableObjectNamespace,
  UploadSessions,
  withUploadSessions,
} from '../../../adapters/cloudflare/index.ts'
import { type R2Bucket, r2 } from '../../../adapters/storage/r2/index.ts'
import { createStore } from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { storageSuite } from '../../../src/testing/index.ts'
import { registrySuite } from '../../../src/testing/registry-suite.ts'
import { expect } from './expect.ts'
import { answerTests } from './named-tests.ts'
import { operationTests } from './operations.ts'

export { UploadSessions }

interface Env {
  readonly BUCKET: R2Bucket
  readonly SESSIONS: DurableObjectNamespace
}

/** Takes a test. */
type Register = (name: string, run: () => Promise<void>) => void

const storages: Readonly<Record<string, (env: Env, prefix?: string) => Storage>> = {
  r2: ({ BUCKET }) => r2(BUCKET, { prefix: 'tenants/one/' }),
  // `prefix`: which records are kept there.
  'r2 and durable objects': ({ BUCKET, SESSIONS }, prefix) =>
    withUploadSessions(r2(BUCKET), SESSIONS, prefix === undefined ? {} : { prefix }),
}

const suites: Readonly<Record<string, (env: Env, on: string, test: Register) => void>> = {
  storage: (env, on, test) => {
    // Every key of the suite.
    storageSuite({ test, expect }, async () => ({ storage: storages[on]!(env, '') }))
  },
  registry: (env, on, test) => {
    const registry = createStore({ storage: storages[on]!(env) })
    registrySuite({ test, expect }, async () => ({ registry }))
  },
  operations: (env, _on, test) => operationTests(env.BUCKET, test),
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(request.url)
    const tests = new Map<string, () => Promise<void>>()
    suites[searchParams.get('suite')!]!(env, searchParams.get('on')!, (name, run) => tests.set(name, run))
    return answerTests(request, tests)
  },
}
