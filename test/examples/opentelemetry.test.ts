/** The spans of the example, as they are printed. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startDaemon, temporaryFolder } from '../clients/process.ts'
import { ROOT } from './start.ts'

const FOLDER = join(ROOT, 'examples/opentelemetry')
const isThere = existsSync(join(FOLDER, 'node_modules')) && existsSync(join(ROOT, 'dist/src/index.js'))
const TRACE = '0af7651916cd43dd8448eb211c80319c'

test.skipIf(!isThere)(
  `a request is a span, with one for each call of the storage${isThere ? '' : ' (not installed)'}`,
  async () => {
    const folder = await temporaryFolder()
    const urlIn = (output: string) => /^listening (\S+)$/m.exec(output)?.[1]
    const env = { PORT: '0', DATA: folder.at('data') }
    const server = await startDaemon(
      process.execPath,
      [join(FOLDER, 'server.js')],
      (output) => urlIn(output) !== undefined,
      { env },
    )
    try {
      const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` }
      await fetch(`${urlIn(server.output())}/v2/a/manifests/1`, { headers })
      await expect.poll(server.output).toContain("name: 'GET manifest'")
      expect(server.output()).toContain("name: 'storage records.get'")
      expect(server.output().split(`traceId: '${TRACE}'`).length).toBeGreaterThan(2)
      expect(server.output()).toContain("'http.response.status_code': 404")
    } finally {
      await server.stop()
      await folder.remove()
    }
  },
)
