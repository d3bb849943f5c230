/** Logins that all tools share. */

import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { saveCredentials } from '../../adapters/node/index.ts'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { tokenService } from '../../src/auth/tokens/index.ts'
import { memory, users } from '../../src/index.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { client, describeClient } from '../clients/tools.ts'
import { fill, makeImage } from '../transfer/images.ts'
import { run } from './run.ts'
import { type Step, typeAt } from './typing.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))
const PASSWORD = 'a:sécret'

let basic: ListeningRegistry
let tokens: ListeningRegistry
let folder: Folder

beforeAll(async () => {
  const login = users([{ name: 'ann', password: PASSWORD }])
  basic = await listen({ auth: login })
  const storage = memory()
  const auth = tokenService({ login, authorize: login.authorize, records: storage.records })
  tokens = await listen({ storage, auth })
  const image = await makeImage(1)
  for (const { registry } of [basic, tokens]) await fill(registry, 'team/app', image, ['v1'])
})
afterAll(() => Promise.all([basic?.close(), tokens?.close()]))
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

const env = () => ({ DOCKER_CONFIG: folder.path, HOME: folder.path, PATH: process.env['PATH'] ?? '' })
const config = () => readFile(folder.at('config.json'), 'utf8')
const login = (host: string, password = PASSWORD) =>
  run(['login', '--username', 'ann', '--password-stdin', host], env(), undefined, input(password))
const input = (text: string) => Readable.from([Buffer.from(text)])

describe.each([
  ['Basic', () => basic],
  ['tokens', () => tokens],
])('%s', (scheme, registry) => {
  test('is kept when the registry has let it in, and used by every other command', async () => {
    const { host } = registry()
    expect((await run(['tags', `${host}/team/app`], env())).code).toBe(1)
    expect(await login(host, `${PASSWORD}\n`)).toEqual({
      code: 0,
      stdout: `logged in to ${host} as ann: kept in ${folder.at('config.json')}, which only you can read\n`,
      stderr: '',
    })
    expect(await run(['tags', `${host}/team/app`], env())).toEqual({ code: 0, stdout: 'v1\n', stderr: '' })
    // A token is kept in place of the password.
    const auth = Buffer.from(`ann:${PASSWORD}`).toString('base64')
    expect((await config()).includes(auth)).toBe(scheme === 'Basic')
    expect((await config()).includes('identitytoken')).toBe(scheme === 'tokens')
    expect((await run(['logout', host], env())).stdout).toBe(
      `removed ${host} from ${folder.at('config.json')}\n`,
    )
    expect((await run(['tags', `${host}/team/app`], env())).code).toBe(1)
    expect(await run(['logout', host], env())).toMatchObject({
      code: 0,
      stdout: `not logged in to ${host}\n`,
    })
  })

  test('a wrong password is told in the words of the registry, and not kept', async () => {
    const { host } = registry()
    const { code, stdout, stderr } = await login(host, 'nonsense')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      new RegExp(`^ocikit: ${host} did not let ann in, and nothing was kept: .*wrong user name or password`),
    )
    expect(stderr).not.toContain('nonsense')
    await expect(config()).rejects.toThrow('ENOENT')
  })

  describeClient('at a terminal', { commands: ['script'] }, () => {
    const command = () => `'${process.execPath}' '${BIN}' login ${registry().host}`

    test('a person is asked, and the password is not shown', async () => {
      const answers: Step[] = [
        [/Username: /, 'ann\r'],
        [/Password: /, `${PASSWORD}\r`],
      ]
      const shown = await typeAt(command(), answers, { env: env() })
      expect(shown).toContain(`logged in to ${registry().host} as ann`)
      expect(shown).not.toContain('sécret')
    })

    test('a person may correct what they type', async () => {
      const answers: Step[] = [
        [/Username: /, 'bo\u007f\u007fann\r'],
        [/Password: /, `b\u007f${PASSWORD}\r`],
      ]
      const shown = await typeAt(command(), answers, { env: { ...env(), TERM: 'xterm' } })
      expect(shown).toContain(`logged in to ${registry().host} as ann`)
      expect(shown).not.toMatch(/> |sécret/)
    })

    test('a person who leaves keeps nothing, and sees again what they type', async () => {
      const steps: Step[] = [
        [/Username: /, 'ann\r'],
        [/Password: /, '\u0003'],
      ]
      const shown = await typeAt(`${command()}; stty -a`, steps, { env: env() })
      expect(shown).toContain('ocikit: stopped: not all was answered')
      expect(shown).toMatch(/\sicanon\s[\s\S]*\secho\s/)
      await expect(config()).rejects.toThrow('ENOENT')
    })
  })
})

test('a host with the usual port is the host, and forgotten under either form', async () => {
  const told = []
  for (const [kept, typed] of [
    ['a.test', 'a.test:443'],
    ['a.test:443', 'a.test:443'],
    ['a.test', 'A.test'],
  ] as const) {
    await saveCredentials(kept, { username: 'ann', password: PASSWORD }, { env: env() })
    told.push((await run(['logout', typed], env())).stdout)
  }
  expect(told).toEqual(told.map(() => `removed a.test from ${folder.at('config.json')}\n`))
  expect(JSON.parse(await config())).toEqual({ auths: {} })
})

test('a registry that is not there, or open to everybody', async () => {
  expect(await login('localhost:1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('localhost:1 did not let ann in'),
  })
  await using open = await listen()
  expect(await login(open.host)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('asks for no password'),
  })
}, 90_000)

test('credentials that win over what was kept, or that are left, are told of', async () => {
  const other = { auths: { [basic.host]: { auth: Buffer.from('bob:b').toString('base64') } } }
  const more = { ...env(), DOCKER_AUTH_CONFIG: JSON.stringify(other) }
  const args = ['login', '--username', 'ann', '--password-stdin', basic.host]
  const { code, stderr } = await run(args, more, undefined, input(PASSWORD))
  expect([code, stderr]).toEqual([0, expect.stringContaining('win over these')])
  expect((await run(['logout', basic.host], more)).stderr).toContain('there are still credentials')
})

test.each([
  [['login'], 'login takes the host of a registry'],
  [['login', 'a', 'b'], 'login takes the host of a registry'],
  [['login', 'https://a.test'], 'login takes the host of a registry'],
  [['login', 'a.test/team'], 'login takes the host of a registry'],
  [['login', '1.2.3.999'], 'login takes the host of a registry'],
  [['login', 'ann:pa55word@a.test'], 'login takes the host of a registry'],
  [['login', 'a.test', '--password', 'pa55word'], "Unknown option '--password'"],
  [['login', 'a.test', '--password=pa55word'], 'everybody on this machine could see it'],
  [['login', 'a.test', '-p', 'pa55word'], "Unknown option '-p'"],
  [['login', 'a.test', '--password-stdin'], '--password-stdin needs --username'],
  [['login', 'a.test', '--username', 'a:b', '--password-stdin'], 'without a colon'],
  [['login', 'a.test', '--username', 'a', '--password-stdin'], 'the password is empty'],
  [['login', 'a.test', '--username', 'a'], 'there is no terminal to ask at'],
  [['logout'], 'logout takes the host of a registry'],
])('%j is wrong use', async (args, message) => {
  const { code, stdout, stderr } = await run(args, env(), undefined, input(''))
  expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
  expect(stderr).toContain(message)
  expect(stderr).not.toContain('pa55word')
})

describe.each([
  ['Basic', () => basic],
  ['tokens', () => tokens],
])('other tools are logged in, and log ocikit in: %s,', (_, registry) => {
  /** By `ocikit login` the tool may read, after `ocikit logout` not; and the other way around. */
  async function shared(
    tool: { reads: string[]; logsIn: string[] },
    command: string,
    more: Record<string, string> = {},
  ): Promise<void> {
    const { host } = registry()
    const here = { ...env(), ...more }
    const it = client(command, [], { env: here })
    const given = ['login', '--username', 'ann', '--password-stdin', host]
    await it.fails(...tool.reads)
    expect((await run(given, here, undefined, input(PASSWORD))).code).toBe(0)
    await it.ok(...tool.reads)
    expect((await run(['logout', host], here)).code).toBe(0)
    await it.fails(...tool.reads)
    await it.ok(...tool.logsIn)
    expect(await run(['tags', `${host}/team/app`], here)).toMatchObject({ code: 0, stdout: 'v1\n' })
    expect((await run(['logout', host], here)).stdout).toContain('removed')
    await it.fails(...tool.reads)
  }

  describeClient('skopeo', { commands: ['skopeo'] }, () => {
    const tool = () => ({
      reads: ['list-tags', '--tls-verify=false', `docker://${registry().host}/team/app`],
      logsIn: ['login', '--tls-verify=false', '-u', 'ann', '-p', PASSWORD, registry().host],
    })
    test('by its own file', () => shared(tool(), 'skopeo', { REGISTRY_AUTH_FILE: folder.at('auth.json') }))
    test('by that of docker', () => {
      const { reads, logsIn } = tool()
      const docker = ['--authfile', folder.at('config.json')]
      return shared({ reads, logsIn: [...logsIn, ...docker] }, 'skopeo')
    })
  })

  describeClient('oras', { commands: ['oras'] }, () => {
    test('by the file of docker', () => {
      const { host } = registry()
      const reads = ['repo', 'tags', '--plain-http', `${host}/team/app`]
      return shared({ reads, logsIn: ['login', '--plain-http', '-u', 'ann', '-p', PASSWORD, host] }, 'oras')
    })
  })

  describeClient('crane', { commands: ['crane'] }, () => {
    test('by the file of docker', () => {
      const { host } = registry()
      const reads = ['ls', '--insecure', `${host}/team/app`]
      return shared({ reads, logsIn: ['auth', 'login', host, '-u', 'ann', '-p', PASSWORD] }, 'crane')
    })
  })

  describeClient('docker', { commands: ['docker'] }, () => {
    test('by its own file, without an engine', () => {
      const { host } = registry()
      const reads = ['manifest', 'inspect', '--insecure', `${host}/team/app:v1`]
      const more = { DOCKER_HOST: `unix://${folder.at('none')}` }
      return shared({ reads, logsIn: ['login', '-u', 'ann', '-p', PASSWORD, host] }, 'docker', more)
    })
  })

  describeClient('regctl', { commands: ['regctl'] }, () => {
    test('by the file of docker, which it only reads', async () => {
      const { host } = registry()
      const regctl = client('regctl', [], { env: { ...env(), REGCTL_CONFIG: folder.at('regctl') } })
      await regctl.ok('registry', 'set', host, '--tls', 'disabled', '--skip-check')
      await regctl.fails('tag', 'ls', `${host}/team/app`)
      expect((await login(host)).code).toBe(0)
      expect(await regctl.ok('tag', 'ls', `${host}/team/app`)).toBe('v1')
      await run(['logout', host], env())
      await regctl.fails('tag', 'ls', `${host}/team/app`)
    })
  })
})
