/**
 * podman pulls, pushes and builds manifest lists.
 * @module
 */

import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, manifestOf, pushFromLayout } from './api.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { makeSamples, type Samples } from './samples.ts'
import { type Client, client, describeClient } from './tools.ts'

const plain = '--tls-verify=false'

describeClient('podman', { commands: ['podman'], root: true }, () => {
  let folder: Folder
  let registry: TestRegistry
  let samples: Samples
  let podman: Client
  let image: string

  /** podman with a store of its own, empty at first. */
  const store = (name: string) => {
    const folders = [
      '--root',
      folder.at(name),
      '--runroot',
      folder.at(`${name}-run`),
      '--tmpdir',
      folder.at('tmp'),
    ]
    const always = [
      ...folders,
      '--storage-driver',
      'vfs',
      '--cgroup-manager',
      'cgroupfs',
      '--events-backend',
      'none',
    ]
    const env = { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') }
    return client('podman', always, { env })
  }
  const remote = (name: string) => `${registry.host}/podman/${name}`

  beforeAll(async () => {
    folder = await temporaryFolder()
    registry = await startRegistry()
    samples = await makeSamples(folder.at('layout'))
    await writeFile(folder.at('auth.json'), '{}')
    podman = store('main')
    image =
      (await podman.ok('pull', '--quiet', `oci:${samples.layout.folder}:image`)).split('\n').at(-1) ?? ''
  })

  afterAll(async () => {
    await registry?.stop()
    await folder?.remove()
  })

  test('pushes an image and pulls it into an empty store', async () => {
    await podman.ok('push', plain, '--digestfile', folder.at('digest'), image, remote('image:1'))
    const digest = await digestOf(registry, 'podman/image', '1')
    const empty = store('empty')
    expect(await empty.ok('pull', '--quiet', plain, remote('image:1'))).toBe(image)
    const digests = await empty.ok('image', 'inspect', '--format', '{{.Digest}}', remote('image:1'))
    expect(digests).toBe(digest)
    await empty.ok('rmi', '--all')
    expect(await empty.ok('pull', '--quiet', plain, remote(`image@${digest}`))).toBe(image)
  })

  test('pushes the same image twice, and under another tag', async () => {
    for (const tag of ['1', '1', '2']) await podman.ok('push', plain, image, remote(`again:${tag}`))
    expect(await digestOf(registry, 'podman/again', '2')).toBe(await digestOf(registry, 'podman/again', '1'))
    const table = await podman.ok('search', plain, '--list-tags', remote('again'))
    const rows = table.split('\n').slice(1)
    expect(rows.map((row) => row.split(/\s+/)[1]).sort()).toEqual(['1', '2'])
  })

  test('mounts the layers when it pushes to another repository', async () => {
    await podman.ok('push', plain, image, remote('mount:1'))
    const told = await podman.told('--log-level', 'debug', 'push', plain, image, remote('mount-target:1'))
    expect(told.match(/mount OK/g)).toHaveLength(2)
    expect(await digestOf(registry, 'podman/mount-target', '1')).toBe(
      await digestOf(registry, 'podman/mount', '1'),
    )
  })

  test.each([
    ['v2s2', 'application/vnd.docker.distribution.manifest.v2+json'],
    ['oci', 'application/vnd.oci.image.manifest.v1+json'],
  ])('pushes the format %s', async (format, type) => {
    await podman.ok('push', plain, '--format', format, image, remote(`format:${format}`))
    expect((await manifestOf(registry, 'podman/format', format)).type).toBe(type)
    await store(format).ok('pull', '--quiet', plain, remote(`format:${format}`))
  })

  test('pushes layers in zstd', async () => {
    await podman.ok('push', plain, '--compression-format', 'zstd', image, remote('zstd:1'))
    expect(await store('zstd').ok('pull', '--quiet', plain, remote('zstd:1'))).toBe(image)
  })

  test('pushes a manifest list of two platforms', async () => {
    await podman.ok('manifest', 'create', 'list')
    const index = `oci:${samples.layout.folder}:index`
    await podman.ok('manifest', 'add', '--all', 'list', index)
    await podman.ok('manifest', 'push', plain, '--all', 'list', `docker://${remote('list:1')}`)
    const { type, manifest } = await manifestOf(registry, 'podman/list', '1')
    expect(type).toBe('application/vnd.oci.image.index.v1+json')
    const platforms = manifest.manifests?.map((child) => child.platform?.architecture)
    expect(platforms?.sort()).toEqual(['amd64', 'arm64'])
    const arm = store('arm')
    await arm.ok('pull', '--quiet', plain, '--arch', 'arm64', remote('list:1'))
    const found = await arm.ok('image', 'inspect', '--format', '{{.Architecture}}', remote('list:1'))
    expect(found).toBe('arm64')
  })

  test('pulls an image with a layer of no bytes', async () => {
    await pushFromLayout(registry, 'podman/empty', samples.layout, samples.empty, '1')
    await podman.ok('pull', '--quiet', plain, remote('empty:1'))
    await podman.ok('push', plain, remote('empty:1'), remote('empty:2'))
  })

  test('says that an image is not there', async () => {
    expect(await podman.fails('pull', '--quiet', plain, remote('never:1'))).toMatch(/unknown/)
  })

  describe.skipIf(external !== undefined)('with a password', () => {
    let closed: TestRegistry

    beforeAll(async () => {
      closed = await startRegistry('--user', 'ann:secret')
    })

    afterAll(() => closed?.stop())

    const login = (password: string) => ['login', plain, '-u', 'ann', '-p', password, closed.host]

    test('is refused without the right one', async () => {
      const name = `${closed.host}/podman/closed:1`
      expect(await podman.fails('push', plain, image, name)).toMatch(/unauthorized|authentication required/)
      expect(await podman.fails(...login('wrong'))).toMatch(/invalid username\/password|unauthorized/)
    })

    test('pushes and pulls with the right one', async () => {
      const name = `${closed.host}/podman/closed:1`
      expect(await podman.ok(...login('secret'))).toContain('Login Succeeded')
      await podman.ok('push', plain, image, name)
      expect(await store('closed').ok('pull', '--quiet', plain, name)).toBe(image)
      await podman.ok('logout', closed.host)
      expect(await podman.fails('pull', plain, name)).toMatch(/unauthorized|authentication required/)
    })
  })
})
