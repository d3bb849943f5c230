import { afterAll, describe, expect, test } from 'vitest'
import { houseRules } from '../../spec/house.ts'
import { allRows } from '../../spec/index.ts'
import { runRow } from '../../spec/run.ts'
import { fits, type Target } from '../../spec/target.ts'
import { bundle } from './bundle.ts'
import { ONCE, type RunningWorker, startWorker, type WorkerSetup } from './start.ts'

const script = await bundle(new URL('./spec-worker.ts', import.meta.url))
const setups: Record<string, WorkerSetup> = {
  'in R2': {},
  'in R2 and Durable Objects, with Node’s modules': { sessions: 'UploadSessions', nodejs: true },
}

for (const [name, setup] of Object.entries(setups)) {
  for (const sparse of [true, false]) {
    const worker = await startWorker(script, { ...setup, bindings: sparse ? { SPARSE: '1' } : {} })
    afterAll(() => worker.stop())
    describe(`a ${sparse ? 'sparse' : 'strict'} registry on workerd, ${name}`, () => {
      const target = houseRules(targetOf(worker, sparse))
      // What does not depend on it is run once.
      const rows = allRows.filter((row) => fits(row, target) && (sparse || row.needs === 'strict'))
      for (const row of rows) {
        test(row.name, async () => {
          expect(await runRow(target, row)).toEqual({ row, outcome: 'pass' })
        })
      }
    })
  }
}

function targetOf({ url }: RunningWorker, sparse: boolean): Target {
  return {
    url,
    fetch(request) {
      // Miniflare compresses JSON as Cloudflare would, but, unlike Cloudflare, in spite of `no-transform`.
      request.headers.set('accept-encoding', 'identity')
      request.headers.set('connection', ONCE.connection)
      return fetch(request)
    },
    sparse,
    repo1: 'conformance/repo1',
    repo2: 'conformance/repo2',
  }
}
