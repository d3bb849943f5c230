/** Limits and looking at a server, by flags, variables, the configuration file and signals. */

import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readOptions } from '../../adapters/cli/server/options.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { run, start } from './run.ts'

let folder: Folder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder?.remove())

test('without flags nothing is limited and nothing shown', () => {
  expect(readOptions([], {}).watch).toEqual({
    readOnly: false,
    immutableTags: [],
    health: false,
    metrics: false,
  })
})

test('flags, variables and the file say the same', async () => {
  const flags = [
    '--read-only',
    ...['--immutable-tags', 'v*', '--immutable-tags', 'stable'],
    ...['--rate-limit', '100/6h', '--min-free', '5%', '--health', '--metrics'],
    ...['--monitor-port', '9090', '--inspect-header', 'x-trace'],
  ]
  const variables = {
    OCIKIT_READ_ONLY: '1',
    OCIKIT_IMMUTABLE_TAGS: 'v*,stable',
    OCIKIT_RATE_LIMIT: '100/6h',
    OCIKIT_MIN_FREE: '5%',
    OCIKIT_HEALTH: 'yes',
    OCIKIT_METRICS: 'true',
    OCIKIT_MONITOR_PORT: '9090',
    OCIKIT_INSPECT_HEADER: 'x-trace',
  }
  const file = folder.at('ocikit.json')
  await writeFile(
    file,
    JSON.stringify({
      limits: { readOnly: true, immutableTags: ['v*', 'stable'], rateLimit: '100/6h', minFree: '5%' },
      monitor: { health: true, metrics: true, port: 9090, inspectHeader: 'x-trace' },
    }),
  )
  const wanted = {
    readOnly: true,
    immutableTags: ['v*', 'stable'],
    rateLimit: { take: expect.any(Function) },
    minFree: '5%',
    health: true,
    metrics: true,
    monitorPort: 9090,
    inspectHeader: 'x-trace',
  }
  expect(readOptions(flags, {}).watch).toEqual(wanted)
  expect(readOptions([], variables).watch).toEqual(wanted)
  expect(readOptions(['--config', file], {}).watch).toEqual(wanted)
})

test.each([
  [['--rate-limit', '100'], /--rate-limit must be requests by time/],
  [['--rate-limit', '0/s'], /--rate-limit must be/],
  [['--rate-limit', '5/0s'], /--rate-limit must be/],
  [['--min-free', '100%'], /--min-free must be/],
  [['--min-free', '0%'], /--min-free must be/],
  [['--min-free', 'much'], /--min-free must be a number of bytes/],
  [['--min-free', '5%', '--memory'], /--min-free needs a folder/],
  [['--monitor-port', '1'], /--monitor-port needs --health or --metrics/],
  [['--monitor-port', 'x', '--health'], /--monitor-port must be a number/],
  [['--inspect-header', 'a b'], /--inspect-header must be the name of a header/],
  [['--immutable-tags', 'a/b'], /--immutable-tags must be a glob of tags/],
])('what makes no sense is one line: %o', async (flags, message) => {
  const { code, stderr } = await run(['serve', ...flags])
  expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 2, lines: 2 })
  expect(stderr).toMatch(message)
})

test('SIGUSR1 makes it read-only, SIGUSR2 writable again; what is shown has a port of its own', async () => {
  await using server = await start([
    ...['--data', folder.at('data'), '--log', 'json', '--health', '--metrics', '--monitor-port', '0'],
    ...[
      '--immutable-tags',
      'v*',
      '--min-free',
      '1K',
      '--inspect-header',
      'x-trace',
      '--rate-limit',
      '1000/s',
    ],
  ])
  const push = () =>
    fetch(`${server.url}/v2/a/blobs/uploads/`, { method: 'POST', headers: { 'x-trace': 'push' } })
  expect((await push()).status).toBe(202)
  server.child.kill('SIGUSR1')
  await expect.poll(() => server.stderr()).toContain('read-only until SIGUSR2')
  expect((await push()).status).toBe(405)
  const monitor = /"url":"(http:\/\/127\.0\.0\.1:\d+)"/.exec(
    server
      .stderr()
      .split('\n')
      .find((line) => line.includes('health and metrics'))!,
  )![1]
  expect(await (await fetch(`${monitor}/metrics`)).text()).toMatch(/^ocikit_read_only 1$/m)
  expect((await fetch(`${monitor}/readyz`)).status).toBe(200)
  expect((await fetch(`${server.url}/healthz`)).status).toBe(404)
  server.child.kill('SIGUSR2')
  await expect.poll(() => server.stderr()).toContain('writes are served again')
  expect((await push()).status).toBe(202)
  expect(server.stderr()).toMatch(/"message":"inspect".*"test":"push","label":"answer"/)
  expect(server.stderr()).not.toContain('Debugger')
  expect(await server.stop()).toBe(0)
})

test('a port for numbers that is taken ends the command, and nothing listens', async () => {
  await using server = await start(['--memory'])
  const flags = ['--memory', '--port', '0', '--health', '--monitor-port', String(server.port)]
  const { code, stdout, stderr } = await run(['serve', ...flags])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/the port is taken/)
})
