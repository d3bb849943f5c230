import { specOn } from '../table.ts'
import { bundle } from './bundle.ts'
import { plainly, startWorker } from './start.ts'

const script = await bundle(new URL('./kv-spec-worker.ts', import.meta.url))

for (const [name, sessions] of [
  ['workerd with kv', {}],
  ['workerd with kv and Durable Objects', { sessions: 'UploadSessions' }],
] as const) {
  specOn({
    name,
    fetch: plainly,
    async start({ sparse }) {
      const bindings: Record<string, string> = sparse ? { SPARSE: '1' } : {}
      const worker = await startWorker(script, { bucket: false, kv: true, ...sessions, bindings })
      return { url: worker.url, close: () => worker.stop() }
    },
  })
}
