/** `ocikit config check`: every mistake that `serve` would tell of, one after the other. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SERVE_FLAGS, variable } from '../../adapters/cli/input/flags.ts'
import { PLACES } from '../../adapters/cli/server/check-config.ts'
import { readConfig } from '../../adapters/cli/server/config.ts'
import { run } from './run.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocikit-check-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, content: string | object): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** What is told of a file: its mistakes, without the name of the file. */
async function told(content: string | object, env: Record<string, string> = {}): Promise<string[]> {
  const path = await file('ocikit.json', content)
  const { code, stdout, stderr } = await run(['config', 'check', path], env)
  expect([code, stderr]).toEqual([2, ''])
  const json = JSON.parse((await run(['config', 'check', '--json', path], env)).stdout) as {
    right: boolean
    mistakes: { place: string; message: string }[]
  }
  const lines = stdout.trimEnd().split('\n')
  expect(json.right).toBe(false)
  expect(json.mistakes.map(({ place, message }) => `${path}: ${place}: ${message}`)).toEqual(lines)
  return lines.map((line) => line.replace(`${path}: `, '').replaceAll(`${folder}/`, ''))
}

test('a file that is right', async () => {
  await file('users', 'ann:$2b$04$abcdefghijklmnopqrstuuxKzSxV4Jg3Wt1Ynqn4x4nq1c2lq5Pzq\n')
  await file('policy.json', { rules: [{ who: 'everyone', allow: 'read' }] })
  await file('keep.json', [{ tags: 'pr-*', keep: { pushed: '14d' } }])
  const path = await file('right.json', {
    listen: { host: '0.0.0.0' },
    auth: { htpasswd: 'users' },
    storage: { retention: 'keep.json' },
    policy: 'policy.json',
  })
  expect(await run(['config', 'check', path])).toEqual({ code: 0, stdout: `${path} is right\n`, stderr: '' })
  expect(JSON.parse((await run(['config', 'check', '--json'], { OCIKIT_CONFIG: path })).stdout)).toEqual({
    file: path,
    right: true,
    mistakes: [],
  })
})

test('every mistake of form', async () => {
  expect(
    await told({
      listen: { port: '5000', prot: 1 },
      storage: { gcGrace: 'soon' },
      auth: { users: [{ name: 'a', pasword: 'pa55word' }] },
      registry: { kind: 'readOnly', registry: { kind: 'nonsense' } },
    }),
  ).toEqual([
    'listen.port: must be a number',
    'listen.prot: is unknown here',
    'storage.gcGrace: must be a time, as in 90s, 30m, 24h or 7d',
    expect.stringMatching(/^registry\.registry\.kind: must be one of /),
    'auth.users[0].password: is missing',
    'auth.users[0].pasword: is unknown here',
  ])
})

test('users and rules that make no sense', async () => {
  expect(
    await told({
      auth: {
        users: [
          { name: 'a', password: 'pa55word' },
          { name: 'a', password: 'b' },
        ],
      },
      policy: { rules: [{ who: 'everyone', allow: 'all!' }] },
    }),
  ).toEqual([
    'auth.users: there are two users called "a"',
    expect.stringMatching(/^policy\.rules\[0\]\.allow: /),
  ])
})

test('every value that serve would refuse', async () => {
  expect(
    await told({
      listen: { publicUrl: 'nonsense' },
      storage: { gcGrace: '1s', redirect: true, retention: 'none.json' },
      limits: { rateLimit: 'often', minFree: '200%', quotas: ['x'] },
      cors: ['nonsense'],
    }),
  ).toEqual([
    expect.stringMatching(/^cors: /),
    expect.stringMatching(/^storage\.redirect: needs a bucket/),
    expect.stringMatching(/^listen\.publicUrl: /),
    expect.stringMatching(/^limits\.quotas: /),
    'storage.retention: none.json: there is no such file',
    'storage.gcGrace: must be from 1h to 365d',
    'limits.rateLimit: must be requests by time, as in 100/s, 600/m or 100/6h',
    'limits.minFree: must be below 100% and above 0%',
  ])
})

test('the files that it names', async () => {
  await file('bad-users', 'no colon here\n')
  await file('bad-keys', { keys: [{ id: 'x', secret: 'pa55word' }] })
  await file('bad-policy', { rules: [{}] })
  await file('crt', 'nonsense')
  const mistakes = await told({
    auth: { htpasswd: 'bad-users', tokens: 'bad-keys' },
    policy: 'bad-policy',
    tls: { cert: 'crt', key: 'none' },
  })
  expect(mistakes).toEqual([
    'tls.key: none: there is no such file',
    expect.stringMatching(/^auth\.htpasswd: bad-users: /),
    expect.stringMatching(/^auth\.tokens: bad-keys: keys\[0\]\.id: /),
    expect.stringMatching(/^policy: bad-policy: /),
  ])
  expect(mistakes.join()).not.toContain('pa55word')
})

test('what the registries of a file need', async () => {
  const away = { kind: 'client', url: 'ghcr.io', credentials: { username: 'a', password: { env: 'TOKEN' } } }
  const registry = {
    kind: 'unify',
    registries: [
      { kind: 'readOnly', registry: away },
      { kind: 'memory', retention: 'none.json' },
    ],
  }
  const mistakes = [
    'registry.registries[0].registry.credentials.password: the variable TOKEN is not set',
    'registry.registries[1].retention: none.json: there is no such file',
  ]
  expect(await told({ registry })).toEqual(mistakes)
  expect(await told({ registry }, { TOKEN: 'x' })).toEqual(mistakes.slice(1))
  const hosts = { password: { kind: 'memory' }, retention: { kind: 'memory', retention: 'none.json' } }
  expect(await told({ registry: { kind: 'route', hosts } })).toEqual([
    'registry.hosts.retention.retention: none.json: there is no such file',
  ])
})

test('a variable that wins over the file is named instead', async () => {
  expect(await told({ storage: { gcGrace: '1s' } }, { OCIKIT_GC_GRACE: '2s' })).toEqual([
    'OCIKIT_GC_GRACE: must be from 1h to 365d',
  ])
  expect(await told({}, { OCIKIT_SPARSE: 'perhaps' })).toEqual([expect.stringMatching(/^OCIKIT_SPARSE: /)])
})

test('what no place of the file is to blame for, and what is no file', async () => {
  expect(await told({ listen: { host: '0.0.0.0' } })).toEqual([
    expect.stringMatching(/^the file: refusing to listen on "0\.0\.0\.0" without a user/),
  ])
  expect(await told('{ "auth": pa55word')).toEqual([expect.stringMatching(/^the file: this is no JSON/)])
  const none = await run(['config', 'check', join(folder, 'none')])
  expect([none.code, none.stdout]).toEqual([2, `${join(folder, 'none')}: the file: there is no such file\n`])
  for (const args of [
    ['config'],
    ['config', 'check'],
    ['config', 'show', 'x'],
    ['config', 'check', 'x', 'y'],
  ])
    expect(await run(args)).toMatchObject({ code: 2, stdout: '' })
})

test('every flag of serve has its place in the file', async () => {
  const flags = Object.keys(SERVE_FLAGS).filter((flag) => flag !== 'config')
  expect(Object.keys(PLACES).sort()).toEqual(flags.sort())
  // What the file says there is what the variable of the flag would say.
  const samples: Record<string, unknown> = {
    'trust-proxy': ['10.0.0.1'],
    'immutable-tags': ['v*'],
    quota: ['a=1'],
    cors: ['*'],
    port: 1,
    'monitor-port': 1,
    'gc-grace': '1h',
    'gc-interval': '1h',
    'mirror-ttl': '1h',
    'max-manifest-size': '1M',
    'max-blob-size': '1M',
    'mirror-max-size': '1M',
    log: 'off',
    'log-level': 'warn',
  }
  for (const flag of flags.filter((each) => !['user', 'webhook', 'mirror'].includes(each))) {
    const isSwitch = SERVE_FLAGS[flag]!.type === 'boolean'
    const path = PLACES[flag]!.split('.')
    const content = nested(path, samples[flag] ?? (isSwitch ? true : 'x'))
    const extra = { tls: { cert: 'x', key: 'x' }, mirrors: { upstreams: {} } }[path[0]!]
    if (extra) content[path[0]!] = { ...extra, ...(content[path[0]!] as object) }
    expect(variable(readConfig(await file('one.json', content)).variables, flag), flag).toBeDefined()
  }
})

function nested([first, ...rest]: string[], value: unknown): Record<string, unknown> {
  return { [first!]: rest.length === 0 ? value : nested(rest, value) }
}
