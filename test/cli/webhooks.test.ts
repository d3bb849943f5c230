import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { until } from '../node/raw.ts'
import { emptyIndex, INDEX } from '../server/http.ts'
import { hooked } from '../webhooks/hooked.ts'
import { receiver, SECRET, tagsOf } from '../webhooks/receiver.ts'
import { inFolderEach } from './folder.ts'
import { run, start } from './run.ts'

let data = ''
inFolderEach((path) => {
  data = path
})

const env = { OCIKIT_WEBHOOK_SECRET: SECRET }

async function push(url: string, tag: string): Promise<void> {
  const headers = { 'content-type': INDEX }
  const answer = await fetch(`${url}/v2/a/manifests/${tag}`, {
    method: 'PUT',
    headers,
    body: emptyIndex(tag),
  })
  expect(answer.status).toBe(201)
}

test('serve tells a webhook, and keeps for later what it does not take; list shows it', async () => {
  await using to = await receiver()
  const flags = ['--data', data, '--log', 'json', '--webhook', to.url]
  {
    await using server = await start(flags, { env })
    await push(server.url, 'v1')
    await until(() => tagsOf(to.received).includes('v1'))
    expect(to.wrong).toEqual([])
    await to.kill()
    await push(server.url, 'v2')
    expect(await server.stop()).toBe(0)
    expect(server.stderr() + server.stdout()).not.toContain(SECRET)
  }
  const text = await run(['webhooks', 'list', '--data', data])
  expect([text.code, text.stderr]).toEqual([0, ''])
  const host = new URL(to.url).host
  expect(text.stdout).toMatch(
    new RegExp(`^evt_\\w{24} {2}\\S+Z {2}${host} {2}a {2}manifest,tag {2}waits\\n$`),
  )
  const json = await run(['webhooks', 'list', '--json'], { OCIKIT_DATA: data })
  expect(JSON.parse(json.stdout)).toMatchObject({ host, repository: 'a', types: ['manifest', 'tag'] })
  await to.revive()
  await using server = await start(flags, { env })
  await until(() => tagsOf(to.received).includes('v2'))
  expect(server.url).toMatch(/^http/)
})

test('retry lets be sent again what was undeliverable', async () => {
  await using to = await receiver()
  to.react = () => 410
  const storage = await fs(data)
  {
    await using on = hooked(to.url, { storage })
    await on.push('v1')
    await on.drained()
  }
  const listed = await run(['webhooks', 'list', '--data', data])
  expect(listed.stdout).toContain('sent no more: it answers 410')
  const wrong = await run(['webhooks', 'retry', 'evt_other', '--data', data])
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    "ocikit: none of these is undeliverable ('ocikit webhooks list' shows which are)\n",
  ])
  const right = await run(['webhooks', 'retry', '--data', data])
  expect([right.code, right.stdout]).toEqual([0, '1 will be sent again\n'])
  expect((await run(['webhooks', 'list', '--data', data])).stdout).toMatch(/waits\n$/)
})

test('drop removes what is undeliverable, and all for a receiver that is configured no more', async () => {
  await using to = await receiver()
  to.react = ({ data }) => (data['tag'] === 'waits' ? 503 : 410)
  {
    await using on = hooked(to.url, { storage: await fs(data) })
    for (const tag of ['v1', 'v2', 'waits']) await on.push(tag)
    while ((await on.kit.webhooks.undeliverable()) < 2) await on.kit.webhooks.drain()
  }
  const drop = (...args: string[]) => run(['webhooks', 'drop', '--data', data, ...args])
  const id = /^evt_\w+/.exec((await run(['webhooks', 'list', '--data', data])).stdout)![0]
  expect(await drop(id)).toMatchObject({ code: 0, stdout: '1 dropped\n' })
  expect((await drop(id)).stderr).toMatch(/^ocikit: none of these is undeliverable/)
  expect(await drop()).toMatchObject({ code: 0, stdout: '1 dropped\n' })
  expect(await drop()).toMatchObject({ code: 0, stdout: '0 dropped\n' })
  expect(await drop('--receiver', 'other.example')).toMatchObject({
    code: 2,
    stderr: "ocikit: nothing is kept for this receiver ('ocikit webhooks list' shows which there are)\n",
  })
  expect(await drop('--receiver', new URL(to.url).host)).toMatchObject({ code: 0, stdout: '1 dropped\n' })
  expect((await run(['webhooks', 'list', '--data', data])).stdout).toBe('')
})

test('the configuration file has webhooks with types, repositories and secrets of their own', async () => {
  await using to = await receiver('quite another secret for this one')
  const webhook = {
    url: to.url,
    secret: 'quite another secret for this one',
    types: ['tag'],
    repositories: ['a'],
  }
  const file = `${data}.json`
  await writeFile(file, JSON.stringify({ storage: { data }, events: { webhooks: [webhook] } }))
  await using server = await start(['--config', file, '--log', 'off'])
  await push(server.url, 'v1')
  await until(() => to.received.length > 0)
  expect([to.received.map(({ subject }) => subject), to.wrong]).toEqual([['a:v1'], []])
})

test.each([
  [['serve', '--webhook', 'http://ci.example'], {}, /a webhook needs a secret \(set OCIKIT_WEBHOOK_SECRET/],
  [['serve', '--webhook', 'ci.example'], env, /--webhook: webhooks\[0\]\.url must be a URL/],
  [
    ['serve', '--webhook', 'http://ci.example'],
    { OCIKIT_WEBHOOK_SECRET: 'geheim' },
    /must have at least 24 bytes/,
  ],
  [['webhooks'], {}, /webhooks needs list, retry or drop/],
  [['webhooks', 'retry', '--receiver', 'a.example'], {}, /--receiver goes with webhooks drop/],
  [
    ['webhooks', 'drop', 'evt_1', '--receiver', 'a.example'],
    {},
    /--receiver goes with webhooks drop, and without ids/,
  ],
  [['webhooks', 'list', 'evt_1'], {}, /takes flags only/],
  [['webhooks', 'list', '--data', '/nowhere'], {}, /there is no folder "\/nowhere"/],
])('%s is called in a wrong way', async (args, variables, message) => {
  const { code, stderr } = await run(args, variables)
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/geheim/)
})
