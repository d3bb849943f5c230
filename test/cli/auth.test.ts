/** Who may do what, as the command is told: files that change, keys and certificates. */

import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic } from '../server/http.ts'
import { run, start } from './run.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocikit-auth-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const file = async (name: string, content: string | object): Promise<string> => {
  const path = join(folder, name)
  // As editors and provisioners do it: whole, and at once.
  await writeFile(`${path}.tmp`, typeof content === 'string' ? content : JSON.stringify(content))
  await rename(`${path}.tmp`, path)
  return path
}

const status = async (url: string, headers: Record<string, string> = {}, method = 'GET') => {
  const response = await fetch(url, { headers, method })
  await response.body?.cancel()
  return response.status
}

const ANN = basic('ann', 'a')
const NEW = basic('ann', 'new')

test('files are read again when they change; what makes no sense is told, and changes nothing', async () => {
  const hash = (password: string) => `ann:${hashSync(password, 4)}\n`
  const users = await file('htpasswd', hash('a'))
  const rules = (allow: string) => ({ rules: [{ who: 'user:ann', repositories: 'a', allow }] })
  const policy = await file('policy.json', rules('read'))
  await using server = await start(['--memory', '--htpasswd', users, '--policy', policy])
  const push = () => status(`${server.url}/v2/a/blobs/uploads/`, ANN, 'POST')
  expect([
    await status(`${server.url}/v2/`, ANN),
    await status(`${server.url}/v2/`, NEW),
    await push(),
  ]).toEqual([200, 401, 403])
  await file('policy.json', rules('read-write'))
  await expect.poll(push, { timeout: 10_000 }).toBe(202)
  await file('policy.json', '{ "rules": [{ "who": "ann", "password": "pa55word" }] }')
  await file('htpasswd', `${hash('new')}eve:pa55word\n`)
  await expect
    .poll(
      async () => {
        await push()
        return server.stderr()
      },
      { timeout: 10_000 },
    )
    .toMatch(
      /--policy has not been taken over[\s\S]*--htpasswd has not been taken over|--htpasswd[\s\S]*--policy has not/,
    )
  expect(await push()).toBe(202)
  expect(server.stderr()).not.toContain('pa55word')
  await file('htpasswd', hash('new'))
  await expect.poll(() => status(`${server.url}/v2/`, NEW), { timeout: 10_000 }).toBe(200)
  expect(await status(`${server.url}/v2/`, ANN)).toBe(401)
})

describe('ocikit token', () => {
  test('makes, lists and revokes keys that a running server takes', async () => {
    const tokens = join(folder, 'keys.json')
    const token = (...args: string[]) => run(['token', ...args, '--tokens', tokens])
    expect((await token('list')).stdout).toBe('')
    const scope = ['--scope', 'repository:team/*:pull']
    const made = await token('create', '--name', 'ci', '--subject', 'ann', ...scope, '--expires', '30d')
    const key = made.stdout.trim()
    expect([made.code, key]).toEqual([0, expect.stringMatching(/^ock_[0-9a-f]{16}_[\w-]{43}$/)])
    expect(await readFile(tokens, 'utf8')).not.toContain(key.slice(-43))
    expect((await stat(tokens)).mode & 0o777).toBe(0o600)
    // A server with another account goes on reading it.
    await chmod(tokens, 0o640)
    const listed = await token('list')
    expect(listed.stdout).toMatch(/"ci" {2}"ann" {2}ends .* repository:team\/\*:pull\n/)
    const [entry] = (await token('list', '--json')).stdout.trim().split('\n')
    const { id } = JSON.parse(entry!) as { id: string }
    expect(listed.stdout + entry).not.toMatch(/sha256|hash/)

    await using server = await start(['--memory', '--tokens', tokens])
    const headers = basic('any', key)
    expect(await status(`${server.url}/v2/team/a/tags/list`, headers)).toBe(404)
    expect(await status(`${server.url}/v2/other/tags/list`, headers)).toBe(403)
    expect((await token('revoke', id)).stdout).toBe(`revoked ${id}\n`)
    expect((await stat(tokens)).mode & 0o777).toBe(0o640)
    await expect.poll(() => status(`${server.url}/v2/`, headers), { timeout: 10_000 }).toBe(401)
    expect(await token('revoke', id)).toMatchObject({ code: 2, stderr: `ocikit: there is no key ${id}\n` })
    const again = await token('revoke', key)
    expect(again.code).toBe(2)
    expect(again.stderr).not.toContain(key)
  })

  test('many at once lose no key', async () => {
    const tokens = join(folder, 'many.json')
    const make = (i: number) =>
      run(['token', 'create', '--name', `k${i}`, '--subject', 'ann', '--tokens', tokens])
    const codes = await Promise.all(Array.from({ length: 8 }, (_, i) => make(i)))
    expect(codes.map(({ code }) => code)).toEqual(Array(8).fill(0))
    expect((await run(['token', 'list', '--tokens', tokens])).stdout.trim().split('\n').length).toBe(8)
  })

  test('a file that is none, and a scope that is none, are refused in one line', async () => {
    const tokens = await file('bad.json', { keys: [{ id: 'x', secret: 'pa55word' }] })
    const { code, stderr } = await run(['token', 'list', '--tokens', tokens])
    expect([code, stderr]).toEqual([2, `ocikit: --tokens ${tokens}: keys[0].id: must be 16 hex digits\n`])
    const made = await run([
      'token',
      'create',
      '--name',
      'x',
      '--subject',
      'a',
      '--scope',
      'all',
      '--tokens',
      join(folder, 'x'),
    ])
    expect(made).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^ocikit: --scope: "all" is no scope/),
    })
  })
})

test('HTTPS, whose certificate may be renewed while it serves', async () => {
  const certificate = (name: string) => {
    const at = (end: string) => join(folder, `${name}.${end}`)
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const files = ['-keyout', at('key'), '-out', at('crt'), '-subj', `/CN=${name}`]
    execFileSync('openssl', ['req', '-x509', ...kind, ...files], { stdio: 'ignore' })
    return Promise.all([readFile(at('crt'), 'utf8'), readFile(at('key'), 'utf8')])
  }
  const [first, second] = [await certificate('first'), await certificate('second')]
  const [cert, key] = [await file('tls.crt', first[0]), await file('tls.key', first[1])]
  await using server = await start([
    '--memory',
    '--tls-cert',
    cert,
    '--tls-key',
    key,
    '--user',
    'ann:a',
    '--token-service',
  ])
  expect(server.url).toMatch(/^https:/)
  const ask = () =>
    new Promise<{ subject: string; status: number; challenge: string }>((resolve, reject) => {
      const asked = request(`${server.url}/v2/`, { rejectUnauthorized: false, agent: false }, (answer) => {
        const { subject } = (answer.socket as import('node:tls').TLSSocket).getPeerCertificate()
        answer.resume()
        resolve({
          subject: String(subject.CN),
          status: answer.statusCode!,
          challenge: answer.headers['www-authenticate']!,
        })
      })
      asked.on('error', reject).end()
    })
  expect(await ask()).toEqual({
    subject: 'first',
    status: 401,
    challenge: `Bearer realm="${server.url}/token",service="ocikit"`,
  })
  await file('tls.crt', second[0])
  await expect
    .poll(() => server.stderr(), { timeout: 10_000 })
    .toContain('--tls-key have not been taken over')
  expect((await ask()).subject).toBe('first')
  await file('tls.key', second[1])
  await expect.poll(async () => (await ask()).subject, { timeout: 10_000 }).toBe('second')
  expect(await server.stop()).toBe(0)
})
