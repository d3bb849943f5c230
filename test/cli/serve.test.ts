import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { raw } from '../node/raw.ts'
import { run, start } from './run.ts'

const PASSWORD = 'pa55:word'
const BASIC = Buffer.from(`alice:${PASSWORD}`).toString('base64')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocikit-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('it listens, says where, and what to do next', async () => {
  await using server = await start(['--memory'])
  const response = await fetch(`${server.url}/v2/`)
  expect(response.status).toBe(200)
  expect(server.stdout()).toBe(`listening http://127.0.0.1:${server.port}\n`)
  expect(server.stderr()).toContain(`docker push 127.0.0.1:${server.port}/hello`)
  expect(server.stderr()).toContain('data: memory')
  expect(server.stderr()).toContain('--user name:password')
  expect(await server.stop('SIGINT')).toBe(0)
})

test.each(['json', 'text', 'off'])(
  'users log in, and their passwords stay out of the log: %s',
  async (format) => {
    await using server = await start(['--data', join(folder, format), '--log', format], {
      env: { OCIKIT_USER: `alice:${PASSWORD}` },
    })
    const anonymous = await fetch(`${server.url}/v2/`)
    expect(anonymous.status).toBe(401)
    expect(anonymous.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
    const ask = (pair: string) =>
      fetch(`${server.url}/v2/`, { headers: { authorization: `Basic ${btoa(pair)}` } })
    expect((await ask(`alice:${PASSWORD}2`)).status).toBe(401)
    expect((await ask(`alice:${PASSWORD}`)).status).toBe(200)
    expect(await server.stop()).toBe(0)
    const output = server.stdout() + server.stderr()
    expect(output).not.toContain(PASSWORD)
    expect(output).not.toContain(BASIC)
    expect(output).not.toContain(btoa(`alice:${PASSWORD}2`))
    if (format === 'off') expect(server.stderr()).toBe('')
  },
)

test('a request is a line with all that one wants to know', async () => {
  await using server = await start(['--memory', '--log', 'json', '--user', 'alice:x'])
  const authorization = `Basic ${btoa('alice:x')}`
  await fetch(`${server.url}/v2/?n=1`, { headers: { authorization, 'user-agent': 'tester/1' } })
  await server.stop()
  const lines = server.stderr().trim().split('\n')
  const line = lines.map((text) => JSON.parse(text)).find(({ message }) => message === 'request')
  expect(line).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    level: 'info',
    message: 'request',
    id: expect.stringMatching(/./),
    method: 'GET',
    path: '/v2/?n=1',
    status: 200,
    bytes: expect.any(Number),
    ms: expect.any(Number),
    subject: 'alice',
    agent: 'tester/1',
  })
})

test('a taken port, a taken folder, a foreign folder and a file in its place are one line and exit code 2', async () => {
  const data = join(folder, 'taken')
  const file = join(folder, 'file')
  await writeFile(file, '')
  const foreign = join(folder, 'foreign')
  await mkdir(foreign)
  await writeFile(join(foreign, 'thesis.doc'), '')
  const future = join(folder, 'future')
  await mkdir(future)
  await writeFile(join(future, 'ocikit.json'), '{"format":99}')
  const readOnly = join(folder, 'read-only')
  await mkdir(readOnly, { mode: 0o500 })
  await using server = await start(['--data', data])
  const cases: [args: string[], message: RegExp][] = [
    [
      ['--memory', '--port', String(server.port)],
      /cannot listen on 127\.0\.0\.1 port \d+: the port is taken/,
    ],
    [['--port', '0', '--data', data], /in use/],
    [['--port', '0', '--data', file], /file is not a folder/],
    [['--port', '0', '--data', join(file, 'below')], /below/],
    [['--port', '0', '--data', foreign], /foreign is not empty/],
    [['--port', '0', '--data', future], /format 99/],
    [['--port', '0', '--memory', '--host', '192.0.2.1', '--insecure-open'], /cannot listen on 192\.0\.2\.1/],
  ]
  // Root may write everywhere.
  if (process.getuid?.() !== 0) cases.push([['--port', '0', '--data', readOnly], /read-only/])
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await run(['serve', ...args])
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^ocikit: [^\n]+\n$/)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  }
})

test('it can be stopped by a signal of the program that embeds it', async () => {
  const controller = new AbortController()
  const ended = run(['serve', '--memory', '--port', '0'], {}, controller.signal)
  controller.abort()
  expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^listening http:/) })
})

test('SIGTERM lets an upload in flight finish', async () => {
  await using server = await start(['--data', join(folder, 'drain')])
  const begun = await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: 'POST' })
  expect(begun.status).toBe(202)
  const location = new URL(begun.headers.get('location')!, server.url)
  const head = `PATCH ${location.pathname}${location.search} HTTP/1.1\r\nHost: ${location.host}\r\n`
  await using client = await raw(server.port, `${head}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`)
  await client.received(/100 Continue/)
  client.socket.write('01234')
  const exit = server.stop('SIGTERM')
  await expect.poll(() => server.stderr()).toContain('SIGTERM')
  client.socket.write('56789')
  const text = await client.closed()
  expect(text).toMatch(/HTTP\/1\.1 202 Accepted\r\n/)
  expect(text).toMatch(/range: 0-9\r\n/i)
  expect(await exit).toBe(0)
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('a second %s ends it at once', async (signal, code) => {
  await using server = await start(['--memory'])
  const begun = await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: 'POST' })
  const location = new URL(begun.headers.get('location')!, server.url)
  const head = `PATCH ${location.pathname}${location.search} HTTP/1.1\r\nHost: ${location.host}\r\n`
  await using client = await raw(server.port, `${head}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`)
  await client.received(/100 Continue/)
  const exit = server.stop(signal)
  await expect.poll(() => server.stderr()).toContain(signal)
  server.child.kill(signal)
  expect(await exit).toBe(code)
})

test('--no-delete, --sparse, sizes and origins reach the registry', async () => {
  const sizes = ['--max-manifest-size', '10', '--max-blob-size', '1K']
  await using server = await start(['--memory', '--no-delete', '--cors', 'https://a.example', ...sizes])
  const digest = `sha256:${'0'.repeat(64)}`
  const ask = (method: string, path: string, body?: Uint8Array<ArrayBuffer>) =>
    fetch(`${server.url}/v2/a/${path}`, {
      method,
      ...(body && { body }),
      headers: { origin: 'https://a.example' },
    })
  expect((await ask('DELETE', `blobs/${digest}`)).status).toBe(405)
  expect((await ask('DELETE', `manifests/${digest}`)).status).toBe(405)
  expect((await ask('PUT', 'manifests/x', new Uint8Array(11))).status).toBe(413)
  expect((await ask('POST', `blobs/uploads/?digest=${digest}`, new Uint8Array(1025))).status).toBe(413)
  const ping = await fetch(`${server.url}/v2/`, { headers: { origin: 'https://a.example' } })
  expect(ping.headers.get('access-control-allow-origin')).toBe('https://a.example')
})
