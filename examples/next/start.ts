// Builds the application if that was not done yet, and runs Next's own server.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const next = ['node_modules/next/dist/bin/next']
const port = process.env['PORT'] ?? '5000'
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }

if (!existsSync('.next/BUILD_ID')) {
  const { status } = spawnSync(process.execPath, [...next, 'build'], { env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

const args = [...next, 'start', '--hostname', '127.0.0.1', '--port', port]
const server = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
server.stdout.on('data', (said: Buffer) => {
  if (said.includes('Ready')) console.log(`listening http://127.0.0.1:${port}`)
})
server.once('exit', (status) => process.exit(status ?? 1))
process.once('SIGTERM', () => server.kill())
