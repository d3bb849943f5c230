import { specOn } from '../table.ts'
import { bundle } from './bundle.ts'
import { plainly, startWorker, type WorkerSetup } from './start.ts'

const script = await bundle(new URL('./spec-worker.ts', import.meta.url))

/** Starts the worker; its URL is that of the registry. */
function starter(setup: WorkerSetup) {
  return async ({ sparse }: { sparse: boolean }) => {
    const { url, stop } = await startWorker(script, { ...setup, bindings: sparse ? { SPARSE: '1' } : {} })
    return { url, close: stop }
  }
}

specOn({ name: 'workerd with r2', start: starter({}), fetch: plainly })
specOn({
  name: 'workerd with r2 and Durable Objects',
  start: starter({ sessions: 'UploadSessions', nodejs: true }),
  fetch: plainly,
})
