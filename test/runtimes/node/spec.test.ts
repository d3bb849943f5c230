import { temporaryFolder } from '../../clients/process.ts'
import { COMMAND, startServer } from '../bun/start.ts'
import { specOn } from '../table.ts'

specOn({
  name: 'node with fs',
  async start({ sparse }) {
    const folder = await temporaryFolder()
    const flags = ['--data', folder.path, '--port', '0', '--log', 'off', ...(sparse ? ['--sparse'] : [])]
    const server = await startServer(process.execPath, [COMMAND, 'serve', ...flags])
    return {
      url: server.url,
      async close() {
        await server.close()
        await folder.remove()
      },
    }
  },
})
