import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ask, sha256 } from '../crash/http.ts'
import { BUN, startServer } from './bun/start.ts'
import { DENO } from './deno/start.ts'

const PROGRAM = fileURLToPath(new URL('./beside.ts', import.meta.url))

test.each([
  ['Bun', BUN, [PROGRAM]],
  ['Deno', DENO, ['run', '--no-prompt', '--no-lock', '--allow-net', PROGRAM]],
] as const)('on %s the registry is a route beside others', async (_, command, args) => {
  await using server = await startServer(command, args)
  expect(await (await fetch(server.url)).text()).toBe('home')
  const bytes = randomBytes(2_000_000)
  const digest = sha256(bytes)
  await ask('POST', `${server.url}/v2/a/blobs/uploads/?digest=${digest}`, 201, { body: bytes })
  expect(sha256((await ask('GET', `${server.url}/v2/a/blobs/${digest}`, 200)).bytes)).toBe(digest)
})
