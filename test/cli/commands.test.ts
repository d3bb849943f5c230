/** Commands at every kind of place, with what all of them have in common: `--json`, exit codes, and how TLS is told of. */

import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../adapters/cli/commands.ts'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { users } from '../../src/index.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { fill, makeImage, type TestImage } from '../transfer/images.ts'
import { run } from './run.ts'

let registry: ListeningRegistry
let closed: ListeningRegistry
let folder: Folder
let image: TestImage

beforeAll(async () => {
  folder = await temporaryFolder()
  image = await makeImage(1)
  registry = await listen()
  closed = await listen({ auth: users([{ name: 'ann', password: 'secret' }]) })
  await fill(registry.registry, 'team/app', image, ['v1'])
  for (const place of ['oci', 'tar'] as const)
    expect((await ocikit('copy', '--referrers', at('registry')(':v1'), at(place)(':v1'))).code).toBe(0)
})
afterAll(async () => {
  await Promise.all([registry?.close(), closed?.close()])
  await folder?.remove()
})

const ocikit = (...args: string[]) => run(args, { DOCKER_CONFIG: folder.path, HOME: folder.path })
type Kind = 'registry' | 'oci' | 'tar'
const KINDS: readonly Kind[] = ['registry', 'oci', 'tar']

/** How a place of a kind is written, with what stands behind it. */
function at(kind: Kind): (reference: string) => string {
  const start = {
    registry: () => `${registry.host}/team/app`,
    oci: () => `oci:${folder.at('layout')}`,
    tar: () => `tar:${folder.at('image.tar')}`,
  }[kind]
  return (reference) => start() + reference
}

/** Commands that only read, what of a place they take, and what their JSON tells. */
const READS: readonly [command: string, reference: () => string, told: () => unknown][] = [
  ['tags', () => '', () => ['v1']],
  ['inspect', () => ':v1', () => expect.objectContaining({ digest: image.index.digest, tag: 'v1' })],
  [
    'manifest',
    () => `@${image.images[0].digest}`,
    () => expect.objectContaining({ digest: image.images[0].digest }),
  ],
  [
    'blob',
    () => `@${image.blobs[0]!.digest}`,
    () => expect.objectContaining({ size: image.blobs[0]!.bytes.length }),
  ],
  ['tree', () => ':v1', () => expect.objectContaining({ digest: image.index.digest })],
]

describe.each(KINDS)('a %s', (kind) => {
  const place = (reference: string) => at(kind)(reference)

  test.each(READS)('%s tells as text and as JSON', async (command, reference, told) => {
    const text = await ocikit(command, place(reference()))
    expect([text.code, text.stderr, text.stdout.length > 0]).toEqual([0, '', true])
    const { code, stdout, stderr } = await ocikit(command, '--json', place(reference()))
    expect([code, stderr, stdout.trimEnd().split('\n').length]).toEqual([0, '', 1])
    expect(JSON.parse(stdout)).toEqual(told())
  })

  test.each(['inspect', 'manifest'])('%s of one platform', async (command) => {
    const { code, stdout } = await ocikit(command, '--platform', 'linux/arm64', '--json', place(':v1'))
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { digest: image.images[1].digest }])
    expect((await ocikit(command, '--platform', 'linux/s390x', place(':v1'))).code).toBe(1)
    expect((await ocikit(command, '--platform', 'arm', place(':v1'))).code).toBe(2)
  })

  test.each([
    ['inspect', ':v9'],
    ['manifest', ':v9'],
    ['tree', ':v9'],
    ['rm', ':v9'],
    ['blob', `@sha256:${'0'.repeat(64)}`],
  ])('%s of what is not there is exit code 1', async (command, reference) => {
    const { code, stdout, stderr } = await ocikit(command, place(reference))
    expect([code, stdout, stderr.split('\n').length]).toEqual([1, '', 2])
  })

  test('tag and rm change it, and copy and pull read it', async () => {
    expect((await ocikit('tag', place(':v1'), 'v2')).code).toBe(0)
    expect(JSON.parse((await ocikit('tags', '--json', place(''))).stdout)).toEqual(['v1', 'v2'])
    expect((await ocikit('rm', place(':v2'))).code).toBe(0)
    const { code, stdout } = await ocikit('copy', '--json', place(':v1'), `oci:${folder.at(`from-${kind}`)}`)
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { descriptor: { digest: image.index.digest } }])
  })
})

test('repos tells of registries and folders as text and as JSON, and archives have none', async () => {
  expect((await ocikit('sync', registry.host, `oci:${folder.at('all')}`)).code).toBe(0)
  for (const place of [registry.host, `oci:${folder.at('all')}`]) {
    expect(await ocikit('repos', place)).toEqual({ code: 0, stdout: 'team/app\n', stderr: '' })
    expect(JSON.parse((await ocikit('repos', '--json', place)).stdout)).toEqual(['team/app'])
  }
  expect((await ocikit('repos', at('tar')(''))).code).toBe(2)
})

/** Commands that ask a registry, with all that they need beside the place. */
const REMOTE: readonly [command: string, args: (host: string) => string[]][] = [
  ['tags', (host) => [`${host}/team/app`]],
  ['repos', (host) => [host]],
  ['inspect', (host) => [`${host}/team/app:v1`]],
  ['manifest', (host) => [`${host}/team/app:v1`]],
  ['blob', (host) => [`${host}/team/app@${image.blobs[0]!.digest}`]],
  ['tree', (host) => [`${host}/team/app:v1`]],
  ['tag', (host) => [`${host}/team/app:v1`, 'v1']],
  ['rm', (host) => [`${host}/team/app:new`]],
  ['copy', (host) => [`${host}/team/app:v1`, `${host}/team/app:new`]],
  ['sync', (host) => ['--dry-run', host, `oci:${folder.at('dry')}`]],
  ['push', (host) => [`${host}/files:v1`, folder.at('image.tar')]],
  ['pull', (host) => ['--output', folder.at('pulled'), '--force', `${host}/files:v1`]],
  ['attach', (host) => [`${host}/team/app:v1`, '--artifact-type', 'test/x', folder.at('image.tar')]],
  ['login', (host) => [host]],
]
/** Those that do without a registry. */
const LOCAL = ['serve', 'gc', 'check', 'usage', 'token', 'webhooks', 'config', 'completion', 'logout']

test('every command stands in a table', () => {
  expect([...REMOTE.map(([name]) => name), ...LOCAL].sort()).toEqual(Object.keys(COMMANDS).sort())
})

/** `rm` removes what `copy` has put there, and `login` has no terminal here. */
const ASKING = ['copy', ...REMOTE.map(([name]) => name).filter((name) => !['copy', 'login'].includes(name))]

/** Runs all of them; tells the exit codes that are not as wanted. */
async function codes(host: string, ...flags: string[]): Promise<Record<string, number>> {
  const told: Record<string, number> = {}
  for (const name of ASKING) {
    const [, args] = REMOTE.find(([each]) => each === name)!
    told[name] = (await ocikit(name, ...flags, ...args(host))).code
  }
  return told
}

const all = (code: number) => Object.fromEntries(ASKING.map((name) => [name, code]))

test('a registry on this machine is spoken to without TLS by itself', async () => {
  expect(await codes(registry.host)).toEqual(all(0))
})

test('who is refused has exit code 1', async () => {
  expect(await codes(closed.host)).toEqual(all(1))
})

const own = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address

test.skipIf(own === undefined)(
  'a registry elsewhere wants TLS, or --plain-http, or --insecure',
  async () => {
    await using elsewhere = await listen({ hostname: '0.0.0.0' })
    await fill(elsewhere.registry, 'team/app', image, ['v1'])
    const host = `${own}:${new URL(elsewhere.url).port}`
    expect((await ocikit('tags', `${host}/team/app`)).code).toBe(1)
    expect(await codes(host, '--plain-http')).toEqual(all(0))
    expect((await ocikit('tags', '--insecure', `${host}/team/app`)).code).toBe(0)
  },
  90_000,
)

test('--insecure takes any certificate, and without it none', async () => {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const files = ['-keyout', folder.at('key'), '-out', folder.at('crt'), '-subj', '/CN=localhost']
  execFileSync('openssl', ['req', '-x509', ...kind, ...files], { stdio: 'ignore' })
  const tls = {
    cert: await readFile(folder.at('crt'), 'utf8'),
    key: await readFile(folder.at('key'), 'utf8'),
  }
  await using secure = await listen({ tls, hostname: own === undefined ? '127.0.0.1' : '0.0.0.0' })
  await fill(secure.registry, 'team/app', image, ['v1'])
  const host = `${own ?? '127.0.0.1'}:${new URL(secure.url).port}`
  expect((await ocikit('tags', `${host}/team/app`)).code).toBe(1)
  expect(await codes(host, '--insecure')).toEqual(all(0))
}, 90_000)

/** What makes no sense, for each command. */
const WRONG: readonly string[][] = [
  ...REMOTE.map(([name]) => [name]),
  ...[...REMOTE.map(([name]) => name), ...LOCAL].map((name) => [name, '--nonsense']),
  ...['tags', 'inspect', 'manifest', 'tree', 'rm', 'blob'].flatMap((name) => [
    [name, 'UPPER/case'],
    [name, 'oci:'],
    [name, 'tar:'],
    [name, 'oci:nowhere:v1'],
    [name, 'tar:nowhere.tar:v1'],
    [name, 'ann:pa55word@localhost:1/a:v1'],
    [name, 'localhost:1/a:v1', 'localhost:1/a:v2'],
  ]),
  ['copy', 'oci:nowhere:v1', 'localhost:1/a'],
  ['sync', 'localhost:1'],
  ['tag', 'localhost:1/a:v1', '...'],
  ['rm', 'localhost:1/a'],
  ['blob', 'localhost:1/a:v1'],
  ['serve', 'word'],
  ['gc', 'word'],
  ['check', 'word'],
  ['usage', 'word'],
  ['token', 'word', '--tokens', 'x'],
  ['webhooks', 'word'],
  ['config', 'word'],
  ['completion', 'word'],
  ['logout', 'a', 'b'],
]

test.each(WRONG)('%s %s %s is wrong use', async (...args) => {
  const { code, stdout, stderr } = await ocikit(...args.filter((arg) => arg !== undefined))
  expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
  expect(stderr).not.toContain('pa55word')
})
