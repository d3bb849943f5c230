/**
 * containerd, by its `ctr`: one PUT for each blob, and HEAD before. It refuses layers of no bytes by itself.
 * @module
 */

import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from './api.ts'
import { type Daemon, type Folder, startDaemon, temporaryFolder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { makeSamples, type Samples } from './samples.ts'
import { tarFolder } from './tar.ts'
import { type Client, client, describeClient } from './tools.ts'

const http = '--plain-http'
const unpack = ['--snapshotter', 'native']

describeClient('containerd', { commands: ['containerd', 'ctr'], root: true }, () => {
  let folder: Folder
  let registry: TestRegistry
  let samples: Samples
  let daemon: Daemon
  let ctr: Client

  const remote = (name: string) => `${registry.host}/ctr/${name}`
  const digests = async (name: string) => {
    const rows = (await ctr.ok('images', 'ls', `name==${name}`)).split('\n').slice(1)
    return rows.map((row) => row.split(/\s+/)[2])
  }
  /** Removes every image and all content, so that the next pull has to fetch everything. */
  const forget = async () => {
    const all = (await ctr.ok('images', 'ls', '--quiet')).split('\n').filter((name) => name !== '')
    if (all.length > 0) await ctr.ok('images', 'rm', '--sync', ...all)
    expect(await ctr.ok('content', 'ls', '--quiet')).toBe('')
  }
  /** Imports the sample images under names of the registry: `samples:image`, `samples:index`, ... */
  const load = async () => {
    await ctr.ok(
      'images',
      'import',
      '--no-unpack',
      '--all-platforms',
      '--base-name',
      remote('samples'),
      folder.at('tar'),
    )
  }

  beforeAll(async () => {
    folder = await temporaryFolder()
    registry = await startRegistry()
    samples = await makeSamples(folder.at('layout'))
    await writeFile(folder.at('tar'), await tarFolder(samples.layout.folder))
    const disabled = '["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]'
    await writeFile(folder.at('config.toml'), `version = 2\ndisabled_plugins = ${disabled}\n`)
    const folders = [
      '--root',
      folder.at('root'),
      '--state',
      folder.at('state'),
      '--address',
      folder.at('sock'),
    ]
    const flags = ['--config', folder.at('config.toml'), ...folders]
    daemon = await startDaemon('containerd', flags, (output) => output.includes('successfully booted'))
    ctr = client('ctr', ['--address', folder.at('sock')])
    await load()
  })

  afterAll(async () => {
    await daemon?.stop()
    await registry?.stop()
    await folder?.remove()
  })

  test('pushes an image and pulls it into an empty store', async () => {
    await ctr.ok('images', 'push', http, remote('image:1'), remote('samples:image'))
    expect(await digestOf(registry, 'ctr/image', '1')).toBe(samples.image.digest)
    await forget()
    await ctr.ok('images', 'pull', http, ...unpack, remote('image:1'))
    expect(await digests(remote('image:1'))).toEqual([samples.image.digest])
    await forget()
    await ctr.ok('images', 'pull', http, ...unpack, remote(`image@${samples.image.digest}`))
    await load()
  })

  test('pushes the same image twice, under another tag and to another repository', async () => {
    for (const name of ['again:1', 'again:1', 'again:2', 'other:1']) {
      await ctr.ok('images', 'push', http, remote(name), remote('samples:image'))
    }
    expect(await digestOf(registry, 'ctr/again', '2')).toBe(samples.image.digest)
    expect(await digestOf(registry, 'ctr/other', '1')).toBe(samples.image.digest)
  })

  test('pushes and pulls an index of two platforms', async () => {
    await ctr.ok('images', 'push', http, remote('index:1'), remote('samples:index'))
    expect(await digestOf(registry, 'ctr/index', '1')).toBe(samples.index.digest)
    await forget()
    await ctr.ok('images', 'pull', http, ...unpack, '--all-platforms', remote('index:1'))
    expect(await digests(remote('index:1'))).toEqual([samples.index.digest])
    expect((await ctr.ok('content', 'ls', '--quiet')).split('\n')).toContain(samples.image.digest)
    await load()
  })

  test('says that an image is not there', async () => {
    expect(await ctr.fails('images', 'pull', http, remote('never:1'))).toContain('not found')
  })

  describe.skipIf(external !== undefined).each([
    ['with a password', []],
    ['with a password for tokens', ['--token-service']],
  ])('%s', (_, flags) => {
    let closed: TestRegistry

    beforeAll(async () => {
      closed = await startRegistry('--user', 'ann:secret', ...flags)
      // The test before has forgotten them.
      await load()
    })

    afterAll(() => closed?.stop())

    const push = (user: string[]) =>
      ['images', 'push', http, ...user, `${closed.host}/ctr/closed:1`, remote('samples:image')] as const

    test('is refused without the right one', async () => {
      expect(await ctr.fails(...push([]))).toMatch(/401|authorization failed|no basic auth/i)
      expect(await ctr.fails(...push(['--user', 'ann:wrong']))).toMatch(/401|authorization failed/i)
    })

    test('pushes and pulls with the right one', async () => {
      await ctr.ok(...push(['--user', 'ann:secret']))
      await forget()
      await ctr.ok('images', 'pull', http, ...unpack, '--user', 'ann:secret', `${closed.host}/ctr/closed:1`)
      expect(await digests(`${closed.host}/ctr/closed:1`)).toEqual([samples.image.digest])
    })
  })
})
