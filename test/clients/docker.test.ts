/**
 * The docker engine loads, pushes and pulls images.
 * @module
 */

import { createWriteStream } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, manifestOf, pushFromLayout } from './api.ts'
import { type Engine, startEngine } from './docker-engine.ts'
import { dockerArchive, randomTar } from './images.ts'
import type { Folder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { bigSize, makeSamples } from './samples.ts'
import { type Client, describeClient } from './tools.ts'

describeClient('docker', { commands: ['docker', 'dockerd', 'containerd', 'runc'], root: true }, () => {
  let folder: Folder
  let registry: TestRegistry
  let engine: Engine
  let docker: Client
  let image: string

  const remote = (name: string) => `${registry.host}/docker/${name}`
  const id = (name: string) => docker.ok('image', 'inspect', '--format', '{{.Id}}', name)
  const push = async (name: string) => {
    await docker.ok('tag', image, remote(name))
    return docker.ok('push', remote(name))
  }
  /** Removes every image, so that the next pull has to fetch everything. */
  const forget = async () => {
    const all = (await docker.ok('images', '--quiet', '--no-trunc'))
      .split('\n')
      .filter((found) => found !== '')
    if (all.length > 0) await docker.ok('rmi', '--force', ...new Set(all))
    expect(await docker.ok('images', '--all', '--quiet')).toBe('')
  }
  const load = async () => {
    await engine.load()
    image = await id('sample:1')
  }

  beforeAll(async () => {
    registry = await startRegistry()
    engine = await startEngine()
    docker = engine.docker
    folder = engine.folder
    image = await id('sample:1')
  })

  afterAll(async () => {
    await engine?.stop()
    await registry?.stop()
  })

  test('pushes an image and pulls it into an empty store', async () => {
    const told = await push('image:1')
    const digest = await digestOf(registry, 'docker/image', '1')
    expect(told).toContain(`1: digest: ${digest}`)
    await forget()
    expect(await docker.ok('pull', remote('image:1'))).toContain(`Digest: ${digest}`)
    expect(await id(remote('image:1'))).toBe(image)
    await forget()
    await docker.ok('pull', remote(`image@${digest}`))
    expect(await id(remote(`image@${digest}`))).toBe(image)
    await load()
  })

  test('pushes the same image twice, and under another tag', async () => {
    await push('again:1')
    for (const tag of ['1', '2']) expect(await push(`again:${tag}`)).toContain('Layer already exists')
    expect(await digestOf(registry, 'docker/again', '2')).toBe(await digestOf(registry, 'docker/again', '1'))
  })

  test('pulls all tags', async () => {
    for (const tag of ['1', '2']) await push(`all:${tag}`)
    await forget()
    await docker.ok('pull', '--all-tags', remote('all'))
    expect(await id(remote('all:1'))).toBe(await id(remote('all:2')))
    await load()
  })

  test('mounts the layers when it pushes to another repository', async () => {
    await push('mount:1')
    expect(await push('mount-target:1')).toContain('Mounted from docker/')
    expect(await digestOf(registry, 'docker/mount-target', '1')).toBe(
      await digestOf(registry, 'docker/mount', '1'),
    )
  })

  test('builds an image on one of the registry', async () => {
    await push('base:1')
    await mkdir(folder.at('context'))
    await writeFile(folder.at('context', 'Dockerfile'), `FROM ${remote('base:1')}\nCOPY Dockerfile /\n`)
    await engine
      .with({ DOCKER_BUILDKIT: '0' })
      .ok('build', '--quiet', '--pull', '--tag', remote('built:1'), folder.at('context'))
    await docker.ok('push', remote('built:1'))
    expect((await manifestOf(registry, 'docker/built', '1')).manifest.layers).toHaveLength(3)
  })

  test('makes a manifest list of two platforms', async () => {
    await writeFile(folder.at('arm.tar'), dockerArchive('sample:arm', 'arm64'))
    await docker.ok('load', '--quiet', '--input', folder.at('arm.tar'))
    await push('list:amd64')
    await docker.ok('tag', 'sample:arm', remote('list:arm64'))
    await docker.ok('push', remote('list:arm64'))
    const parts = [remote('list:amd64'), remote('list:arm64')]
    await docker.ok('manifest', 'create', '--insecure', remote('list:1'), ...parts)
    await docker.ok('manifest', 'push', '--insecure', remote('list:1'))
    const { type, manifest } = await manifestOf(registry, 'docker/list', '1')
    expect(type).toBe('application/vnd.docker.distribution.manifest.list.v2+json')
    expect(manifest.manifests).toHaveLength(2)
    const arm = await id('sample:arm')
    await docker.ok('pull', '--platform', 'linux/arm64', remote('list:1'))
    expect(await id(remote('list:1'))).toBe(arm)
  })

  test('pulls an OCI index, and an image with a layer of no bytes', async () => {
    const { layout, image: oci, index, empty } = await makeSamples(folder.at('layout'))
    await pushFromLayout(registry, 'docker/oci', layout, index, '1')
    const told = await docker.ok('pull', '--platform', 'linux/amd64', remote('oci:1'))
    expect(told).toContain(`Digest: ${index.digest}`)
    const { manifest } = await manifestOf(registry, 'docker/oci', oci.digest)
    expect(await id(remote('oci:1'))).toBe(manifest.config?.digest)
    await pushFromLayout(registry, 'docker/empty', layout, empty, '1')
    expect(await docker.ok('pull', remote('empty:1'))).toContain(`Digest: ${empty.digest}`)
  })

  test('says that an image is not there', async () => {
    expect(await docker.fails('pull', remote('never:1'))).toMatch(/not found|manifest unknown/)
  })

  test('pushes and pulls a layer of 200 MiB', { timeout: 120_000 }, async () => {
    await pipeline(randomTar(bigSize), createWriteStream(folder.at('big.tar')))
    const big = await docker.ok('import', folder.at('big.tar'), remote('big:1'))
    await rm(folder.at('big.tar'))
    await docker.ok('push', remote('big:1'))
    await docker.ok('rmi', remote('big:1'))
    await docker.ok('pull', remote('big:1'))
    expect(await id(remote('big:1'))).toBe(big)
    await docker.ok('rmi', remote('big:1'))
  })

  describe.skipIf(external !== undefined)('with a password', () => {
    let closed: TestRegistry
    let name: string

    beforeAll(async () => {
      closed = await startRegistry('--user', 'ann:secret')
      name = `${closed.host}/docker/closed:1`
      await docker.ok('tag', image, name)
    })

    afterAll(() => closed?.stop())

    const login = (password: string) => ['login', '--username', 'ann', '--password', password, closed.host]

    test('is refused without the right one', async () => {
      expect(await docker.fails('push', name)).toMatch(/unauthorized|no basic auth credentials|denied/)
      expect(await docker.fails(...login('wrong'))).toMatch(/unauthorized|401/i)
    })

    test('pushes and pulls with the right one', async () => {
      expect(await docker.ok(...login('secret'))).toContain('Login Succeeded')
      await docker.ok('push', name)
      await docker.ok('rmi', name)
      await docker.ok('pull', name)
      expect(await id(name)).toBe(image)
      await docker.ok('logout', closed.host)
    })
  })
})
