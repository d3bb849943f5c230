/**
 * crane appends, copies, tags, changes, checks and deletes. A blob goes in one PATCH without a range.
 * @module
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, manifestOf, pushFromLayout, tagsOf } from './api.ts'
import { digest } from './images.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { makeSamples, type Samples } from './samples.ts'
import { tar } from './tar.ts'
import { type Client, client, describeClient } from './tools.ts'

describeClient('crane', { commands: ['crane'] }, () => {
  let folder: Folder
  let registry: TestRegistry
  let samples: Samples
  let crane: Client

  const remote = (name: string) => `${registry.host}/crane/${name}`
  const push = (name: string, tag: string, sample: 'image' | 'index' | 'empty') =>
    pushFromLayout(registry, `crane/${name}`, samples.layout, samples[sample], tag)

  beforeAll(async () => {
    folder = await temporaryFolder()
    registry = await startRegistry()
    samples = await makeSamples(folder.at('layout'))
    await mkdir(folder.at('docker'))
    await writeFile(folder.at('layer.tar'), tar({ hello: `hello ${folder.path}` }))
    await writeFile(folder.at('more.tar'), tar({ more: `more ${folder.path}` }))
    crane = client('crane', [], { env: { HOME: folder.path, DOCKER_CONFIG: folder.at('docker') } })
  })

  afterAll(async () => {
    await registry?.stop()
    await folder?.remove()
  })

  test.each([
    ['docker', 'application/vnd.docker.distribution.manifest.v2+json', []],
    ['oci', 'application/vnd.oci.image.manifest.v1+json', ['--oci-empty-base']],
  ])('appends to nothing, as %s, and to what came of it', async (format, type, flags) => {
    const first = remote(`appended:${format}`)
    const told = await crane.ok('append', ...flags, '-f', folder.at('layer.tar'), '-t', first)
    const found = await digestOf(registry, 'crane/appended', format)
    expect(told).toBe(`${registry.host}/crane/appended@${found}`)
    expect((await manifestOf(registry, 'crane/appended', format)).type).toBe(type)
    await crane.ok('append', '-b', first, '-f', folder.at('more.tar'), '-t', `${first}-2`)
    expect((await manifestOf(registry, 'crane/appended', `${format}-2`)).manifest.layers).toHaveLength(2)
    await crane.ok('validate', '--remote', `${first}-2`)
  })

  test('pulls an image in each form and pushes it again', async () => {
    await push('image', '1', 'image')
    await crane.ok('pull', remote('image:1'), folder.at('image.tar'))
    await crane.ok('pull', '--format', 'oci', remote('image:1'), folder.at('pulled'))
    await crane.ok('push', folder.at('pulled'), remote('pushed:oci'))
    expect(await digestOf(registry, 'crane/pushed', 'oci')).toBe(samples.image.digest)
    await crane.ok('push', folder.at('image.tar'), remote('pushed:tarball'))
    await crane.ok('validate', '--remote', remote('pushed:tarball'))
    await crane.ok('export', remote('pushed:tarball'), folder.at('files.tar'))
    expect(await readFile(folder.at('files.tar'), 'latin1')).toContain('world')
  })

  test('pushes an index from a layout and from two images', async () => {
    await push('index', '1', 'index')
    await crane.ok('pull', '--format', 'oci', remote('index:1'), folder.at('index'))
    await crane.ok('push', '--index', folder.at('index'), remote('index:2'))
    expect((await manifestOf(registry, 'crane/index', '2')).manifest.manifests).toMatchObject([samples.index])
    await crane.ok('append', '-f', folder.at('layer.tar'), '-t', remote('index:third'))
    const children = ['-m', remote('index:1'), '-m', remote('index:third')]
    await crane.ok('index', 'append', ...children, '-t', remote('index:made'))
    expect((await manifestOf(registry, 'crane/index', 'made')).manifest.manifests).toHaveLength(3)
    await crane.ok(
      'index',
      'filter',
      remote('index:made'),
      '--platform',
      'linux/arm64',
      '-t',
      remote('index:arm'),
    )
    expect((await manifestOf(registry, 'crane/index', 'arm')).manifest.manifests).toHaveLength(1)
    await crane.ok('validate', '--remote', remote('index:made'))
  })

  test('tells digest, manifest, configuration and blobs', async () => {
    await push('seen', 'index', 'index')
    await push('seen', 'empty', 'empty')
    const name = remote('seen:index')
    expect(await crane.ok('digest', name)).toBe(samples.index.digest)
    expect(await crane.ok('digest', '--platform', 'linux/amd64', name)).toBe(samples.image.digest)
    const manifest = await crane.ok('manifest', `${remote('seen')}@${samples.image.digest}`)
    expect(digest(Buffer.from(manifest))).toBe(samples.image.digest)
    expect(JSON.parse(await crane.ok('config', '--platform', 'linux/arm64', name))).toMatchObject({
      architecture: 'arm64',
    })
    const { config, layers } = (await manifestOf(registry, 'crane/seen', 'empty')).manifest
    const blob = await crane.ok('blob', `${remote('seen')}@${config?.digest}`)
    expect(digest(Buffer.from(blob))).toBe(config?.digest)
    expect(await crane.ok('blob', `${remote('seen')}@${layers?.[1]?.digest}`)).toBe('')
  })

  test('copies one image, all tags, and to another repository', async () => {
    await push('many', 'image', 'image')
    await push('many', 'index', 'index')
    await crane.ok('copy', remote('many:index'), remote('copied/one:1'))
    expect(await digestOf(registry, 'crane/copied/one', '1')).toBe(samples.index.digest)
    await crane.ok('copy', '--platform', 'linux/amd64', remote('many:index'), remote('copied/one:amd64'))
    expect(await digestOf(registry, 'crane/copied/one', 'amd64')).toBe(samples.image.digest)
    await crane.ok('cp', '--all-tags', remote('many'), remote('copied/all'))
    expect(await tagsOf(registry, 'crane/copied/all')).toEqual(['image', 'index'])
    await crane.ok('copy', '--all-tags', '--no-clobber', remote('many'), remote('copied/all'))
    expect(await digestOf(registry, 'crane/copied/all', 'index')).toBe(samples.index.digest)
  })

  test('copies to another registry and back', async () => {
    const other = await startRegistry()
    try {
      await push('far', '1', 'index')
      await crane.ok('copy', remote('far:1'), `${other.host}/far:1`)
      await crane.ok('copy', `${other.host}/far:1`, remote('back:1'))
      expect(await digestOf(registry, 'crane/back', '1')).toBe(samples.index.digest)
    } finally {
      await other.stop()
    }
  })

  test('lists tags and repositories', async () => {
    await push('listed', 'b', 'image')
    for (const tag of ['a', 'c', 'sha256-made-up']) await crane.ok('tag', remote('listed:b'), tag)
    expect(await crane.ok('ls', remote('listed'))).toBe('a\nb\nc\nsha256-made-up')
    const all = (await crane.ok('catalog', registry.host)).split('\n')
    expect(all).toContain('crane/listed')
    expect(all).toEqual([...all].sort())
  })

  test('changes an image', async () => {
    await push('changed', '1', 'image')
    const changes = ['--annotation', 'a=b', '--label', 'c=d', '--append', folder.at('more.tar')]
    await crane.ok('mutate', ...changes, '--tag', remote('changed:2'), remote('changed:1'))
    const { manifest } = await manifestOf(registry, 'crane/changed', '2')
    expect(manifest).toMatchObject({ annotations: { a: 'b' } })
    expect(manifest.layers).toHaveLength(3)
    await crane.ok('flatten', remote('changed:2'), '--tag', remote('changed:flat'))
    expect((await manifestOf(registry, 'crane/changed', 'flat')).manifest.layers).toHaveLength(1)
    await crane.ok('validate', '--remote', remote('changed:flat'))
  })

  test('deletes by tag and by digest', async () => {
    for (const tag of ['1', '2']) await push('deleted', tag, 'image')
    await push('deleted', 'kept', 'empty')
    await crane.ok('delete', remote('deleted:1'))
    expect(await tagsOf(registry, 'crane/deleted')).toEqual(['2', 'kept'])
    await crane.ok('delete', `${remote('deleted')}@${samples.image.digest}`)
    expect(await tagsOf(registry, 'crane/deleted')).toEqual(['kept'])
    expect(await crane.fails('manifest', remote('deleted:2'))).toContain('MANIFEST_UNKNOWN')
    expect(await crane.fails('delete', remote('deleted:2'))).toContain('MANIFEST_UNKNOWN')
  })

  describe.skipIf(external !== undefined)('with a password', () => {
    let closed: TestRegistry

    beforeAll(async () => {
      closed = await startRegistry('--user', 'ann:secret')
    })

    afterAll(() => closed?.stop())

    const login = (password: string) => ['auth', 'login', closed.host, '-u', 'ann', '-p', password]

    test('is refused without the right one', async () => {
      const name = `${closed.host}/crane/closed:1`
      expect(await crane.fails('push', folder.at('image.tar'), name)).toMatch(/UNAUTHORIZED|401/)
      // Logging in asks the registry nothing.
      await crane.ok(...login('wrong'))
      expect(await crane.fails('push', folder.at('image.tar'), name)).toMatch(/UNAUTHORIZED|401/)
      expect(await crane.fails('ls', `${closed.host}/crane/closed`)).toMatch(/UNAUTHORIZED|401/)
    })

    test('pushes and pulls with the right one', async () => {
      const name = `${closed.host}/crane/closed:1`
      await crane.ok(...login('secret'))
      await crane.ok('push', folder.at('image.tar'), name)
      await crane.ok('validate', '--remote', name)
      expect(await crane.ok('catalog', closed.host)).toBe('crane/closed')
      await crane.ok('auth', 'logout', closed.host)
      expect(await crane.fails('pull', name, folder.at('refused'))).toMatch(/UNAUTHORIZED|401/)
    })
  })
})
