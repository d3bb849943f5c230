import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startDaemon } from '../../clients/process.ts'
import { DENO } from './start.ts'

test('`export default ocikit({ ... })` is a whole registry under `deno serve`', async () => {
  const file = fileURLToPath(new URL('./default.ts', import.meta.url))
  let url = ''
  const said = (output: string) => {
    url = /http:\/\/[^\s/]+:\d+/.exec(output)?.[0] ?? ''
    return url !== ''
  }
  const args = [
    'serve',
    '--no-prompt',
    '--no-lock',
    '--allow-net',
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    file,
  ]
  const server = await startDaemon(DENO, args, said, { env: { NO_COLOR: '1' } })
  try {
    const bytes = randomBytes(2_000_000)
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const pushed = await fetch(`${url}/v2/a/blobs/uploads/?digest=${digest}`, { method: 'POST', body: bytes })
    expect(pushed.status).toBe(201)
    const pulled = await fetch(`${url}/v2/a/blobs/${digest}`)
    expect(pulled.headers.get('content-length')).toBe('2000000')
    expect(bytes.equals(Buffer.from(await pulled.arrayBuffer()))).toBe(true)
    const head = await fetch(`${url}/v2/a/blobs/${digest}`, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe('2000000')
    expect((await fetch(`${url}/v2/a/manifests/none`)).status).toBe(404)
  } finally {
    await server.stop()
  }
})
