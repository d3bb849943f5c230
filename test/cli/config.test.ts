/** The configuration file: what it says, what wins over it, and how a mistake in it is told. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../../adapters/cli/server/config.ts'
import { readOptions } from '../../adapters/cli/server/options.ts'
import { run } from './run.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocikit-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const file = async (name: string, content: string | object): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('--config', () => {
  const whole = {
    $schema: './config.schema.json',
    listen: { host: '0.0.0.0', port: 8080, publicUrl: 'https://r.example', trustProxy: ['10.0.0.0/8'] },
    tls: { cert: 'tls.crt', key: '/etc/tls.key' },
    storage: { data: 'data', sparse: true, delete: false, gcGrace: '2d', gcInterval: '30m' },
    auth: {
      users: [{ name: 'ann', password: 'a', groups: ['dev'] }],
      htpasswd: 'htpasswd',
      tokens: 'keys.json',
      anonymousPull: true,
      tokenService: true,
    },
    policy: { rules: [{ who: 'group:dev', allow: 'all' }] },
    limits: { maxManifestSize: '8MiB', maxBlobSize: '2G', quotas: ['team=1G', '*=,9'] },
    cors: ['https://a.example'],
    log: 'json',
    logLevel: 'warn',
  }

  test('says all of it; names of files are relative to its folder', async () => {
    const path = await file('whole.json', whole)
    expect(readOptions(['--config', path], {})).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      publicUrl: 'https://r.example',
      trustProxy: ['10.0.0.0/8'],
      tls: { cert: join(folder, 'tls.crt'), key: '/etc/tls.key' },
      data: join(folder, 'data'),
      sparse: true,
      delete: false,
      gcGrace: 172_800_000,
      gcInterval: 1_800_000,
      auth: {
        users: [{ name: 'ann', password: 'a', groups: ['dev'] }],
        htpasswd: join(folder, 'htpasswd'),
        tokens: join(folder, 'keys.json'),
        anonymousPull: true,
        tokenService: true,
        policy: whole.policy,
      },
      maxManifestSize: 2 ** 23,
      maxBlobSize: 2 ** 31,
      quotas: [
        { prefix: 'team', bytes: 2 ** 30 },
        { prefix: '*', manifests: 9 },
      ],
      cors: ['https://a.example'],
      log: 'json',
      logLevel: 'warn',
    })
  })

  test('rules of retention lie in a file beside it', async () => {
    const rules = [{ tags: 'pr-*', keep: { pushed: '14d' } }]
    await file('rules.json', rules)
    const path = await file('retention.json', { storage: { retention: 'rules.json' } })
    expect(readOptions(['--config', path], {}).retention).toEqual(rules)
  })

  test('a flag wins over a variable, and that over the file', async () => {
    const path = await file('whole.json', whole)
    const options = readOptions(['--port', '1'], {
      OCIKIT_CONFIG: path,
      OCIKIT_PORT: '2',
      OCIKIT_LOG: 'off',
      OCIKIT_MEMORY: '1',
      OCIKIT_NO_DELETE: '0',
      OCIKIT_USER: 'bob:b',
      OCIKIT_HOST: '',
    })
    expect(options).toMatchObject({ port: 1, log: 'off', data: null, delete: true, host: '0.0.0.0' })
    expect(options.auth.users).toEqual([{ name: 'bob', password: 'b' }])
  })

  test.each([
    ['this is no JSON', '{ "auth": { "users": [{ "password": "pa55word" '],
    ['the file: must be an object', '[]'],
    ['the file: must be an object', '5'],
    ['listen: must be an object', { listen: [] }],
    ['listen.prot: is unknown here', { listen: { prot: 1 } }],
    ['event: is unknown here', { event: [] }],
    ['listen.port: must be a number', { listen: { port: '5000' } }],
    ['listen.port: must be 65535 or less', { listen: { port: 65_536 } }],
    ['tls.key: is missing', { tls: { cert: 'x' } }],
    ['auth.users[0].name: is missing', { auth: { users: [{ password: 'pa55word' }] } }],
    [
      'auth.users[1].pasword: is unknown here',
      {
        auth: {
          users: [
            { name: 'a', password: 'b' },
            { name: 'c', password: 'd', pasword: 'pa55word' },
          ],
        },
      },
    ],
    [
      'auth.users: there are two users called "a"',
      {
        auth: {
          users: [
            { name: 'a', password: 'pa55word' },
            { name: 'a', password: 'x' },
          ],
        },
      },
    ],
    ['auth.tokenService: must be true or false', { auth: { tokenService: 'yes' } }],
    ['limits.maxBlobSize: must be a size', { limits: { maxBlobSize: 'big' } }],
    ['storage.gcGrace: must be a time', { storage: { gcGrace: '1y' } }],
    ['policy.rules[0].who: is missing', { policy: { rules: [{ allow: 'read' }] } }],
    ['policy.rules: is missing', { policy: {} }],
    ['log: must be text, json or off', { log: 'xml' }],
  ])('%s: one line, exit code 2', async (message, content) => {
    const path = await file('wrong.json', content)
    const { code, stdout, stderr } = await run(['serve', '--memory', '--config', path])
    expect(stderr).toMatch(/^ocikit: [^\n]+\n$/)
    expect(stderr).toContain(`--config ${path}: ${message}`)
    expect(stderr).not.toContain('pa55word')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test('its published schema has the same keys everywhere', async () => {
    const schema = JSON.parse(
      await readFile(new URL('../../adapters/cli/config.schema.json', import.meta.url), 'utf8'),
    ) as Schema
    interface Schema {
      properties?: Record<string, Schema>
      additionalProperties?: boolean
    }
    const keysOf = ({ properties = {} }: Schema): object =>
      Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, keysOf(inner)]))
    const tried = (path: string[], value: unknown): object =>
      path.reduceRight<object>((inner, name) => ({ [name]: inner }), value as object)
    const known = async (path: string[]) => {
      const at = await file('probe.json', tried(path, null as unknown as object))
      try {
        readConfig(at)
        return true
      } catch (error) {
        return !/is unknown here/.test((error as Error).message)
      }
    }
    const walk = async (keys: object, path: string[]): Promise<void> => {
      for (const [name, inner] of Object.entries(keys)) {
        expect(await known([...path, name]), [...path, name].join('.')).toBe(true)
        await walk(inner, [...path, name])
      }
    }
    await walk(keysOf(schema), [])
    expect(Object.keys(schema.properties!).sort()).toEqual(
      [...Object.keys(whole), 'registry', 'events', 'mirrors', 'monitor'].sort(),
    )
    for (const name of ['listen', 'tls', 'storage', 'auth', 'limits'] as const) {
      const mine = Object.keys(schema.properties![name]!.properties!)
      expect(mine).toEqual(expect.arrayContaining(Object.keys(whole[name])))
      expect(schema.properties![name]!.additionalProperties).toBe(false)
      // What is missing is told before what is unknown.
      if (name !== 'tls') expect(await known([name, 'other'])).toBe(false)
    }
  })
})
