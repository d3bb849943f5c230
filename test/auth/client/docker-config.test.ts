import { expect, test } from 'vitest'
import { type Credentials, dockerConfig, firstCredentials } from '../../../src/client/index.ts'

const auth = (text: string) => ({ auth: btoa(text) })
const find = (config: unknown, host: string, repository?: string) =>
  dockerConfig(config)(host, repository === undefined ? {} : { repository })

test('auths: pairs, tokens, and what programs have made of them', async () => {
  const auths = {
    'pair.test': auth('ann:se:cret'),
    'padded.test': auth('ann:secret\0\0'),
    'plain.test': { username: 'ann', password: 'secret' },
    'identity.test': { ...auth('00000000-0000-0000-0000-000000000000:'), identitytoken: 'refresh' },
    'token.test': { registrytoken: 'bearer' },
    'empty.test': {},
  }
  const known = (host: string) => find({ auths }, host)
  expect(await known('pair.test')).toEqual({ username: 'ann', password: 'se:cret' })
  expect(await known('padded.test')).toEqual({ username: 'ann', password: 'secret' })
  expect(await known('plain.test')).toEqual({ username: 'ann', password: 'secret' })
  expect(await known('identity.test')).toMatchObject({ identityToken: 'refresh' })
  expect(await known('token.test')).toEqual({ registryToken: 'bearer' })
  expect(await known('empty.test')).toBe(null)
  expect(await known('other.test')).toBe(null)
  expect(await find({}, 'x.test')).toBe(null)
})

test('keys may be URLs, and those of Docker Hub are many; a plain host wins', async () => {
  expect(await find({ auths: { 'https://x.test/v2/': auth('a:b') } }, 'x.test')).toEqual({
    username: 'a',
    password: 'b',
  })
  for (const key of [
    'https://index.docker.io/v1/',
    'docker.io',
    'registry-1.docker.io',
    'https://registry.hub.docker.com',
  ])
    expect(await find({ auths: { [key]: auth('a:b') } }, 'docker.io')).toEqual({
      username: 'a',
      password: 'b',
    })
  const both = { 'https://x.test': auth('url:1'), 'x.test': auth('host:2') }
  expect(await find({ auths: both }, 'x.test')).toMatchObject({ username: 'host' })
  expect(await find({ auths: { 'x.test:5000': auth('a:b') } }, 'x.test')).toBe(null)
})

test('podman names parts of a host: the longest one wins', async () => {
  const auths = { 'x.test': auth('all:1'), 'x.test/team': auth('team:2'), 'x.test/team/app': auth('app:3') }
  const who = async (repository?: string) => (await find({ auths }, 'x.test', repository))?.username
  expect([
    await who('team/app/web'),
    await who('team/app'),
    await who('team/other'),
    await who('teams'),
    await who(),
  ]).toEqual(['app', 'app', 'team', 'all', 'all'])
})

test('helpers: that of the host, the common one, then the file', async () => {
  const asked: string[] = []
  const helper = async (name: string, server: string): Promise<Credentials | null> => {
    asked.push(`${name} ${server}`)
    if (name === 'absent') throw Object.assign(new Error('no such program'), { code: 'ENOENT' })
    return name === 'empty' ? null : { username: name, password: server }
  }
  const config = (credsStore: string) => ({
    credsStore,
    credHelpers: { 'ecr.test': 'ecr-login', 'gone.test': 'absent', 'none.test': '' },
    auths: { 'x.test': auth('file:1'), 'ecr.test': auth('file:2'), 'none.test': auth('file:3') },
  })
  const who = async (host: string, store = 'store') =>
    (await dockerConfig(config(store), { helper })(host, {}))?.username
  expect(await who('ecr.test')).toBe('ecr-login')
  expect(await who('x.test')).toBe('store')
  expect(await who('x.test', 'empty')).toBe('file')
  expect(await who('x.test', 'absent')).toBe('file')
  expect(await who('none.test')).toBe('file')
  await expect(who('gone.test')).rejects.toThrow('no such program')
  asked.length = 0
  await who('docker.io')
  expect(asked).toEqual(['store https://index.docker.io/v1/'])
  await expect(dockerConfig(config('store'))('ecr.test', {})).rejects.toThrow('ecr-login')
})

test('what is no configuration is refused, and nothing of it is told', () => {
  for (const bad of [
    null,
    [],
    'x',
    { auths: [] },
    { auths: { 'x.test': 'secret' } },
    { credHelpers: { a: '../secret' } },
    { credsStore: 7 },
  ])
    expect(() => dockerConfig(bad)).toThrow(TypeError)
  expect(() => dockerConfig({ credsStore: 'a;secret' })).toThrow(/^(?!.*secret)/)
})

test('the first source that knows a host', async () => {
  const source = firstCredentials(
    () => null,
    async (host) => (host === 'x.test' ? { username: 'b' } : null),
    () => ({ username: 'c' }),
  )
  expect([await source('x.test', {}), await source('y.test', {})]).toEqual([
    { username: 'b' },
    { username: 'c' },
  ])
})
