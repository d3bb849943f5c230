/** A mirror of a registry whose password changes while the mirror runs. */

import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { type Auth, users } from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { pushImage, read, stage, upstream } from './stage.ts'

test('new credentials of the upstream are used as soon as they are known; meanwhile what is kept is served', async () => {
  const withPassword = (password: string) => users([{ name: 'ann', password }])
  let there = withPassword('first')
  let known = 'first'
  const auth: Auth = {
    authenticate: (request, facts) => there.authenticate(request, facts),
    challenge: (...args) => there.challenge(...args),
    authorize: (...args) => there.authorize(...args),
  }
  await using kit = testRegistry({ auth })
  const client = createClient('upstream.test', {
    fetch: kit.fetch,
    retry: false,
    credentials: () => ({ username: 'ann', password: known }),
  })
  const { cache } = stage({ ttl: 0, there: { ...upstream(), client } })
  const [old, fresh] = [await pushImage(kit.registry, 'app', '1'), await pushImage(kit.registry, 'app', '2')]
  await cache.getManifest('app', '1')
  expect(await read(cache, 'app', old.layer.digest)).toBe(old.layer.digest)
  await cache.idle()

  there = withPassword('second')
  // It is not for our clients to log in there.
  await expect(cache.getManifest('app', '2')).rejects.toMatchObject({ code: 'DENIED', status: 403 })
  expect(await read(cache, 'app', old.layer.digest)).toBe(old.layer.digest)
  expect((await cache.getManifest('app', old.manifest.digest)).descriptor.digest).toBe(old.manifest.digest)

  known = 'second'
  expect((await cache.getManifest('app', '2')).descriptor.digest).toBe(fresh.manifest.digest)
  expect(await read(cache, 'app', fresh.layer.digest)).toBe(fresh.layer.digest)
})
