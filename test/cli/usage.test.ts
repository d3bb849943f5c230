import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createStore } from '../../src/index.ts'
import { digestOf, INDEX, indexOf, push } from '../engine/stage.ts'
import { inFolderEach } from './folder.ts'
import { run, start } from './run.ts'

let data = ''
inFolderEach((path) => {
  data = path
})

test('usage tells of each repository and of the quotas that a server has used', async () => {
  const storage = await fs(data)
  const store = createStore({ storage, quotas: [{ prefix: 'team', bytes: 4096, manifests: 5 }] })
  const digest = await push(store, 'team/app', 'x'.repeat(1536))
  await store.pushManifest('team/app', indexOf([digest]), INDEX, { tags: ['v1'] })
  await push(store, 'other', 'y'.repeat(20))
  await store.collect()
  await storage.close?.()

  const { code, stdout, stderr } = await run(['usage', '--data', data])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout.split('\n')).toEqual([
    'quota team  1.5 KiB of 4 KiB  1 of 5 manifests',
    'other               20 bytes  0 manifests',
    'team/app             1.5 KiB  1 manifest',
    '',
  ])
  const json = JSON.parse((await run(['usage', '--json'], { OCIKIT_DATA: data })).stdout)
  expect(json).toEqual({
    quotas: [
      { prefix: 'team', bytes: 1536, manifests: 1, limits: { bytes: 4096, manifests: 5 }, complete: true },
    ],
    repositories: [
      { name: 'other', bytes: 20, manifests: 0 },
      { name: 'team/app', bytes: 1536, manifests: 1 },
    ],
  })
})

test('a server with a quota refuses what does not fit; gc counts what it has freed', async () => {
  await using server = await start(['--data', data, '--log', 'off', '--quota', 'team=1KiB'])
  const send = (content: string) =>
    fetch(`${server.url}/v2/team/app/blobs/uploads/?digest=${digestOf(content)}`, {
      method: 'POST',
      body: content,
    })
  expect((await send('x'.repeat(1000))).status).toBe(201)
  const refused = await send('y'.repeat(1000))
  const { errors } = (await refused.json()) as { errors: { code: string; message: string }[] }
  expect([refused.status, errors[0]!.code]).toEqual([403, 'DENIED'])
  expect(errors[0]!.message).toMatch(/^the quota of team is full: 1000 bytes of 1 KiB are used/)
  const busy = await run(['usage', '--data', data])
  expect([busy.code, busy.stdout]).toEqual([2, ''])
  await server.stop()
  expect((await run(['usage', '--data', data])).stdout).toMatch(/^quota team {2}1000 bytes of 1 KiB/)
  expect((await run(['gc', '--data', data, '--grace', '0'])).stdout).toMatch(/^freed 1000 bytes/)
  expect((await run(['usage', '--data', data])).stdout).toBe('quota team  0 bytes of 1 KiB  0 manifests\n')
})

test.each([
  [['usage', '--data', '/nowhere/at/all'], /there is no folder/],
  [['usage', 'more'], /usage takes flags only/],
  [['usage', '--nothing'], /nothing/],
  [['serve', '--quota', 'team'], /--quota must be as in team=10GiB/],
  [['serve', '--quota', 'team=lots'], /the size in --quota must be a number of bytes/],
  [['serve', '--quota', 'Team=1G'], /a quota is for the name of a repository/],
  [['serve', '--quota', 'a=1G', '--quota', 'a=2G'], /two quotas for "a"/],
])('%j is refused', async (args, why) => {
  const { code, stderr } = await run(args)
  expect(code).toBe(2)
  expect(stderr).toMatch(why)
  expect(stderr.trim().split('\n').length).toBe(1)
})
