/**
 * skopeo copies, inspects and deletes.
 * @module
 */

import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, manifestOf, pushBlob, pushManifest, referrersOf, tagsOf } from './api.ts'
import { Layout } from './images.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { bigSize, makeReferrer, makeSamples, type Samples } from './samples.ts'
import { type Client, client, describeClient } from './tools.ts'

const plain = ['--src-tls-verify=false', '--dest-tls-verify=false']

describeClient('skopeo', { commands: ['skopeo'] }, () => {
  let folder: Folder
  let registry: TestRegistry
  let samples: Samples
  let skopeo: Client
  let local: (tag: string) => string
  let remote: (name: string) => string
  const copy = (from: string, to: string, ...flags: string[]) =>
    skopeo.ok('copy', ...plain, ...flags, from, to)

  beforeAll(async () => {
    folder = await temporaryFolder()
    registry = await startRegistry()
    samples = await makeSamples(folder.at('layout'))
    skopeo = client('skopeo', [], { env: { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') } })
    local = (tag) => `oci:${samples.layout.folder}:${tag}`
    remote = (name) => `docker://${registry.host}/${name}`
  })

  afterAll(async () => {
    await registry?.stop()
    await folder?.remove()
  })

  test('pushes an image and pulls the same one', async () => {
    await copy(local('image'), remote('skopeo/image:1'))
    expect(await digestOf(registry, 'skopeo/image', '1')).toBe(samples.image.digest)
    await copy(remote('skopeo/image:1'), `oci:${folder.at('pulled')}:image`)
    const found = JSON.parse(await readFile(folder.at('pulled', 'index.json'), 'utf8'))
    expect(found.manifests[0].digest).toBe(samples.image.digest)
    const seen = JSON.parse(await skopeo.ok('inspect', '--tls-verify=false', remote('skopeo/image:1')))
    expect(seen).toMatchObject({ Digest: samples.image.digest, Architecture: 'amd64' })
    await copy(remote(`skopeo/image@${samples.image.digest}`), `dir:${folder.at('by-digest')}`)
  })

  test('pushes the same image twice, and under another tag', async () => {
    for (const tag of ['1', '1', '2']) await copy(local('image'), remote(`skopeo/again:${tag}`))
    await copy(remote('skopeo/again:2'), remote('skopeo/again:3'))
    expect(await digestOf(registry, 'skopeo/again', '3')).toBe(samples.image.digest)
    const listed = JSON.parse(await skopeo.ok('list-tags', '--tls-verify=false', remote('skopeo/again')))
    expect(listed.Tags).toEqual(['1', '2', '3'])
  })

  test('copies all platforms of an index', async () => {
    await copy(local('index'), remote('skopeo/index:1'), '--all')
    expect(await digestOf(registry, 'skopeo/index', '1')).toBe(samples.index.digest)
    await copy(remote('skopeo/index:1'), remote('skopeo/index-copy:1'), '--all', '--preserve-digests')
    const { manifest } = await manifestOf(registry, 'skopeo/index-copy', '1')
    expect(manifest.manifests).toHaveLength(2)
    const inspect = ['inspect', '--tls-verify=false', remote('skopeo/index:1')]
    const seen = await skopeo.ok('--override-os=linux', '--override-arch=arm64', ...inspect)
    expect(JSON.parse(seen)).toMatchObject({ Architecture: 'arm64' })
  })

  test.each([
    ['v2s2', 'application/vnd.docker.distribution.manifest.v2+json'],
    ['oci', 'application/vnd.oci.image.manifest.v1+json'],
  ])('converts to the format %s and back', async (format, type) => {
    await copy(local('image'), remote(`skopeo/format:${format}`), '--format', format)
    expect((await manifestOf(registry, 'skopeo/format', format)).type).toBe(type)
    await copy(remote(`skopeo/format:${format}`), remote(`skopeo/format:${format}-oci`), '--format', 'oci')
    const back = await manifestOf(registry, 'skopeo/format', `${format}-oci`)
    expect(back.type).toBe('application/vnd.oci.image.manifest.v1+json')
  })

  test('keeps the digest of an image with a layer of no bytes', async () => {
    await copy(local('empty'), remote('skopeo/empty:1'), '--preserve-digests')
    expect(await digestOf(registry, 'skopeo/empty', '1')).toBe(samples.empty.digest)
    await copy(remote('skopeo/empty:1'), `oci:${folder.at('empty')}:1`, '--preserve-digests')
  })

  test('copies an image that has referrers', async () => {
    await copy(local('image'), remote('skopeo/subject:1'))
    const sbom = makeReferrer(samples.image, 'application/vnd.test.sbom')
    const signature = makeReferrer(samples.image, 'application/vnd.test.signature')
    for (const { bytes, descriptor, blobs } of [sbom, signature]) {
      for (const blob of blobs) await pushBlob(registry, 'skopeo/subject', blob.bytes, blob.descriptor.digest)
      expect(await pushManifest(registry, 'skopeo/subject', bytes, descriptor)).toBe(samples.image.digest)
    }
    const all = await referrersOf(registry, 'skopeo/subject', samples.image.digest)
    expect(all.map((found) => found.digest).sort()).toEqual(
      [sbom.descriptor.digest, signature.descriptor.digest].sort(),
    )
    const some = await referrersOf(
      registry,
      'skopeo/subject',
      samples.image.digest,
      'application/vnd.test.sbom',
    )
    expect(some).toMatchObject([sbom.descriptor])
    await copy(remote('skopeo/subject:1'), remote('skopeo/subject-copy:1'), '--preserve-digests')
    expect(await digestOf(registry, 'skopeo/subject-copy', '1')).toBe(samples.image.digest)
    const artifact = remote(`skopeo/subject@${sbom.descriptor.digest}`)
    expect(await skopeo.ok('inspect', '--tls-verify=false', '--raw', artifact)).toBe(sbom.bytes.toString())
  })

  test('deletes an image', async () => {
    await copy(local('image'), remote('skopeo/deleted:1'))
    await copy(local('empty'), remote('skopeo/deleted:kept'), '--preserve-digests')
    await skopeo.ok('delete', '--tls-verify=false', remote('skopeo/deleted:1'))
    const told = await skopeo.fails('inspect', '--tls-verify=false', remote('skopeo/deleted:1'))
    expect(told).toContain('manifest unknown')
    expect(await tagsOf(registry, 'skopeo/deleted')).toEqual(['kept'])
    await copy(local('image'), remote('skopeo/deleted:1'))
  })

  test('synchronises a repository into a folder and into another registry', async () => {
    for (const tag of ['1', '2']) await copy(local('image'), remote(`skopeo/synced:${tag}`))
    const flags = ['sync', ...plain, '--src', 'docker', `${registry.host}/skopeo/synced`]
    await skopeo.ok(...flags, '--dest', 'dir', folder.at('synced'))
    await skopeo.ok(...flags, '--dest', 'docker', `${registry.host}/mirror`)
    expect(await digestOf(registry, 'mirror/synced', '2')).toBe(samples.image.digest)
  })

  test('says that an image is not there', async () => {
    expect(await skopeo.fails('inspect', '--tls-verify=false', remote('skopeo/never:1'))).toMatch(/unknown/)
  })

  test('pushes and pulls a layer of 200 MiB', { timeout: 120_000 }, async () => {
    const big = new Layout(folder.at('big'))
    const image = await big.image([await big.bigLayer(bigSize)])
    await big.tag('big', image)
    await copy(`oci:${big.folder}:big`, remote('skopeo/big:1'))
    await big.remove()
    expect(await digestOf(registry, 'skopeo/big', '1')).toBe(image.digest)
    await copy(remote('skopeo/big:1'), `dir:${folder.at('big')}`, '--preserve-digests')
  })

  describe.skipIf(external !== undefined)('with a password', () => {
    let closed: TestRegistry
    let name: string

    beforeAll(async () => {
      closed = await startRegistry('--user', 'ann:secret')
      name = `docker://${closed.host}/skopeo/closed:1`
    })

    afterAll(() => closed?.stop())

    const login = (password: string) => [
      'login',
      '--tls-verify=false',
      '-u',
      'ann',
      '-p',
      password,
      closed.host,
    ]

    test('is refused without one', async () => {
      expect((await fetch(`${closed.url}/v2/`)).status).toBe(401)
      const told = await skopeo.fails('copy', ...plain, local('image'), name)
      expect(told).toMatch(/unauthorized|authentication required/)
    })

    test('is refused with a wrong one', async () => {
      expect(await skopeo.fails(...login('wrong'))).toMatch(/invalid username\/password|unauthorized/)
    })

    test('pushes and pulls with the right one', async () => {
      await skopeo.ok(...login('secret'))
      await copy(local('index'), name, '--all')
      await copy(name, `dir:${folder.at('closed')}`, '--all')
      await skopeo.ok('logout', closed.host)
      await skopeo.fails('inspect', '--tls-verify=false', name)
    })
  })
})
