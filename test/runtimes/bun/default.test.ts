import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startDaemon } from '../../clients/process.ts'
import { BUN } from './start.ts'

test('`export default ocikit({ ... })` is a whole registry under `bun run`', async () => {
  const file = fileURLToPath(new URL('./default.ts', import.meta.url))
  let url = ''
  const said = (output: string) => {
    url = /http:\/\/[^\s/]+:\d+/.exec(output)?.[0] ?? ''
    return url !== ''
  }
  const server = await startDaemon(BUN, ['run', file], said, { env: { PORT: '0', BUN_PORT: '0' } })
  try {
    const bytes = randomBytes(2_000_000)
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const pushed = await fetch(`${url}/v2/a/blobs/uploads/?digest=${digest}`, { method: 'POST', body: bytes })
    expect(pushed.status).toBe(201)
    const pulled = await fetch(`${url}/v2/a/blobs/${digest}`)
    expect(bytes.equals(Buffer.from(await pulled.arrayBuffer()))).toBe(true)
    expect(
      (await fetch(`${url}/v2/a/blobs/${digest}`, { method: 'HEAD' })).headers.get('content-length'),
    ).toBe('2000000')
    expect((await fetch(`${url}/v2/a/manifests/none`)).status).toBe(404)
  } finally {
    await server.stop()
  }
})
