/**
 * buildah commits images from scratch, pushes and pulls them.
 * @module
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, manifestOf } from './api.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { startRegistry, type TestRegistry } from './registry.ts'
import { type Client, client, describeClient } from './tools.ts'

const plain = '--tls-verify=false'

describeClient('buildah', { commands: ['buildah'], root: true }, () => {
  let folder: Folder
  let registry: TestRegistry
  let buildah: Client

  /** buildah with a store of its own, empty at first. */
  const store = (name: string) => {
    const folders = ['--root', folder.at(name), '--runroot', folder.at(`${name}-run`)]
    const env = { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') }
    return client('buildah', [...folders, '--storage-driver', 'vfs'], { env })
  }
  const remote = (name: string) => `${registry.host}/buildah/${name}`
  const image = (from: Client, name: string) =>
    from.ok('inspect', '--type', 'image', '--format', '{{.FromImageID}}', name)

  beforeAll(async () => {
    folder = await temporaryFolder()
    registry = await startRegistry()
    await writeFile(folder.at('auth.json'), '{}')
    buildah = store('main')
    await mkdir(folder.at('context'))
    await writeFile(folder.at('context', 'hello'), `hello ${folder.path}`)
    await writeFile(folder.at('context', 'Containerfile'), 'FROM scratch\nCOPY hello /\nLABEL a=b\n')
  })

  afterAll(async () => {
    await registry?.stop()
    await folder?.remove()
  })

  test.each([
    ['oci', 'application/vnd.oci.image.manifest.v1+json'],
    ['docker', 'application/vnd.docker.distribution.manifest.v2+json'],
  ])('commits and pushes the format %s and pulls it into an empty store', async (format, type) => {
    const container = await buildah.ok('from', 'scratch')
    await buildah.ok('copy', container, folder.at('context', 'hello'), '/hello')
    await buildah.ok('config', '--label', `format=${format}`, container)
    await buildah.ok('commit', '--quiet', '--format', format, container, format)
    await buildah.ok('push', plain, format, `docker://${remote(`image:${format}`)}`)
    const pushed = await manifestOf(registry, 'buildah/image', format)
    expect(pushed.type).toBe(type)
    const empty = store(`empty-${format}`)
    await empty.ok('pull', '--quiet', plain, remote(`image:${format}`))
    expect(await image(empty, remote(`image:${format}`))).toBe(await image(buildah, format))
    expect(`sha256:${await image(buildah, format)}`).toBe(pushed.manifest.config?.digest)
  })

  test('builds a file, pushes the image twice, and to another repository', async () => {
    await buildah.ok('build', '--quiet', '--layers', '--tag', 'built', folder.at('context'))
    for (const name of ['built:1', 'built:1', 'built:2', 'other:1']) {
      await buildah.ok('push', plain, 'built', `docker://${remote(name)}`)
    }
    const digest = await digestOf(registry, 'buildah/built', '1')
    expect(digest).toMatch(/^sha256:/)
    expect(await digestOf(registry, 'buildah/built', '2')).toBe(digest)
    expect(await digestOf(registry, 'buildah/other', '1')).toBe(digest)
  })

  test('builds on an image of the registry', async () => {
    const base = await buildah.ok('from', '--pull-always', plain, remote('image:oci'))
    await buildah.ok('copy', base, folder.at('context', 'hello'), '/again')
    await buildah.ok('commit', '--quiet', '--rm', base, 'child')
    await buildah.ok('push', plain, 'child', `docker://${remote('child:1')}`)
    const { manifest } = await manifestOf(registry, 'buildah/child', '1')
    expect(manifest.layers).toHaveLength(2)
  })

  test('pushes a manifest list', async () => {
    await buildah.ok('manifest', 'create', 'list')
    await buildah.ok('manifest', 'add', plain, '--arch', 'amd64', 'list', `docker://${remote('image:oci')}`)
    await buildah.ok('manifest', 'add', plain, '--arch', 'arm64', 'list', `docker://${remote('child:1')}`)
    await buildah.ok('manifest', 'push', plain, '--all', 'list', `docker://${remote('list:1')}`)
    const { manifest } = await manifestOf(registry, 'buildah/list', '1')
    expect(manifest.manifests).toHaveLength(2)
  })
})
