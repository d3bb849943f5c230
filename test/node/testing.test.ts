import { expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { users } from '../../src/index.ts'

test('a registry for a test: in memory, open, on a free port', async () => {
  await using registry = await listen()
  expect(registry.url).toBe(`http://${registry.host}`)
  expect((await registry.fetch('/v2/')).status).toBe(200)
  const bytes = new TextEncoder().encode('{"layers":[],"config":null}')
  await expect(registry.registry.pushManifest('a', bytes, 'text/plain')).rejects.toMatchObject({
    status: 400,
  })
})

test('it takes the options of a handler', async () => {
  await using registry = await listen({ auth: users([{ name: 'a', password: 'b' }]) })
  expect((await registry.fetch('/v2/')).status).toBe(401)
})
