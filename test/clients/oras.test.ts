/**
 * oras pushes and pulls artifacts, attaches them to others, copies whole graphs, and saves them to layouts.
 * @module
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, manifestOf, pushFromLayout, referrersOf, tagsOf } from './api.ts'
import { digest } from './images.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { makeSamples, type Samples } from './samples.ts'
import { type Client, client, describeClient } from './tools.ts'

const plain = '--plain-http'
const both = ['--from-plain-http', '--to-plain-http']

describeClient('oras', { commands: ['oras'] }, () => {
  let folder: Folder
  let registry: TestRegistry
  let samples: Samples
  let oras: Client

  const remote = (name: string) => `${registry.host}/oras/${name}`
  const attach = (name: string, type: string, ...flags: string[]) =>
    oras.ok('attach', plain, '--artifact-type', type, ...flags, remote(name), 'note.txt:text/plain')
  const discover = async (name: string, ...flags: string[]) => {
    const found = await oras.ok('discover', plain, '--format', 'json', ...flags, remote(name))
    return (JSON.parse(found) as { referrers: { digest: string; referrers?: unknown[] }[] }).referrers
  }

  beforeAll(async () => {
    folder = await temporaryFolder()
    registry = await startRegistry()
    samples = await makeSamples(folder.at('layout'))
    await mkdir(folder.at('docker'))
    await mkdir(folder.at('folder'))
    await writeFile(folder.at('note.txt'), `note ${folder.path}`)
    await writeFile(folder.at('config.json'), '{"a":"b"}')
    await writeFile(folder.at('folder', 'file'), 'in a folder')
    const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker'), ORAS_CACHE: folder.at('cache') }
    oras = client('oras', [], { env, cwd: folder.path })
  })

  afterAll(async () => {
    await registry?.stop()
    await folder?.remove()
  })

  test('pushes an artifact of files and a folder, and pulls it', async () => {
    const artifactType = 'application/vnd.test+type'
    const files = ['note.txt:text/plain', 'folder']
    const flags = ['--artifact-type', artifactType, '--annotation', 'a=b']
    await oras.ok('push', plain, ...flags, remote('files:1,2'), ...files)
    const { manifest } = await manifestOf(registry, 'oras/files', '2')
    expect(manifest).toMatchObject({ artifactType, annotations: { a: 'b' } })
    expect(manifest.config?.mediaType).toBe('application/vnd.oci.empty.v1+json')
    await oras.ok('pull', plain, remote('files:1'), '--output', folder.at('pulled'))
    expect(await readFile(folder.at('pulled', 'note.txt'), 'utf8')).toBe(`note ${folder.path}`)
    expect(await readFile(folder.at('pulled', 'folder', 'file'), 'utf8')).toBe('in a folder')
  })

  test('pushes a configuration, and by the older version of images', async () => {
    const config = ['--config', 'config.json:application/vnd.test.config']
    await oras.ok('push', plain, ...config, remote('config:1'), 'note.txt')
    await oras.ok('pull', plain, remote('config:1'), '--config', 'got.json', '--output', folder.at('config'))
    expect(await readFile(folder.at('config', 'got.json'), 'utf8')).toBe('{"a":"b"}')
    await oras.ok('push', plain, '--image-spec', 'v1.0', remote('config:old'), 'note.txt')
    const { manifest } = await manifestOf(registry, 'oras/config', 'old')
    expect(manifest.config?.mediaType).toBe('application/vnd.unknown.config.v1+json')
  })

  test('attaches artifacts to an image and discovers them, all or of one type', async () => {
    await pushFromLayout(registry, 'oras/subject', samples.layout, samples.index, '1')
    await attach('subject:1', 'application/vnd.test+sbom')
    await attach('subject:1', 'application/vnd.test.signature', '--annotation', 'signed=yes')
    const found = await discover('subject:1')
    expect(found).toHaveLength(2)
    const type = ['--artifact-type', 'application/vnd.test.signature']
    const [signature] = await discover('subject:1', ...type)
    expect(signature).toMatchObject({ artifactType: type[1], annotations: { signed: 'yes' } })
    expect(await discover('subject:1', '--artifact-type', 'application/none')).toEqual([])
    await attach(`subject@${signature?.digest}`, 'application/vnd.test.about')
    expect(await oras.ok('discover', plain, remote('subject:1'))).toContain('application/vnd.test.about')
    await attach('subject:1', 'application/vnd.test.arm', '--platform', 'linux/amd64')
    expect(await referrersOf(registry, 'oras/subject', samples.image.digest)).toHaveLength(1)
    await oras.ok('pull', plain, remote(`subject@${signature?.digest}`), '--output', folder.at('signature'))
    expect(await readFile(folder.at('signature', 'note.txt'), 'utf8')).toBe(`note ${folder.path}`)
  })

  test('copies an image with its referrers, in the registry, to another, to a layout and back', async () => {
    await pushFromLayout(registry, 'oras/graph', samples.layout, samples.index, '1')
    await attach('graph:1', 'application/vnd.test.first')
    const [first] = await discover('graph:1')
    await attach(`graph@${first?.digest}`, 'application/vnd.test.second')
    const complete = async (name: string) => {
      expect(await digestOf(registry, `oras/${name}`, '1')).toBe(samples.index.digest)
      expect(await discover(`${name}:1`)).toMatchObject([{ digest: first?.digest, referrers: [{}] }])
    }
    await oras.ok('cp', '-r', ...both, remote('graph:1'), remote('copied:1,2'))
    await complete('copied')
    const other = await startRegistry()
    try {
      await oras.ok('cp', '-r', ...both, remote('graph:1'), `${other.host}/graph:1`)
      await oras.ok('cp', '-r', ...both, `${other.host}/graph:1`, remote('back:1'))
    } finally {
      await other.stop()
    }
    await complete('back')
    await oras.ok('cp', '-r', '--from-plain-http', '--to-oci-layout', remote('graph:1'), 'saved:1')
    await oras.ok('cp', '-r', '--from-oci-layout', '--to-plain-http', 'saved:1', remote('restored:1'))
    await complete('restored')
    await oras.ok('cp', ...both, '--platform', 'linux/amd64', remote('graph:1'), remote('platform:1'))
    expect(await digestOf(registry, 'oras/platform', '1')).toBe(samples.image.digest)
  })

  test('backs a repository up and restores it', async () => {
    await pushFromLayout(registry, 'oras/kept', samples.layout, samples.index, 'a')
    await pushFromLayout(registry, 'oras/kept', samples.layout, samples.empty, 'b')
    await attach('kept:a', 'application/vnd.test')
    await oras.ok('backup', plain, '--include-referrers', '--output', 'backup.tar', remote('kept'))
    await oras.ok('restore', plain, '--input', 'backup.tar', remote('restored-all'))
    expect(await tagsOf(registry, 'oras/restored-all')).toEqual(['a', 'b'])
    expect(await digestOf(registry, 'oras/restored-all', 'b')).toBe(samples.empty.digest)
    const [about] = await discover('kept:a')
    expect(await discover('restored-all:a')).toMatchObject([{ digest: about?.digest }])
  })

  test('lists tags and repositories, resolves and tags', async () => {
    await pushFromLayout(registry, 'oras/listed', samples.layout, samples.index, 'b')
    await oras.ok('tag', plain, remote('listed:b'), 'a', 'c')
    expect(await oras.ok('repo', 'tags', plain, remote('listed'))).toBe('a\nb\nc')
    expect(await oras.ok('repo', 'tags', plain, '--last', 'a', remote('listed'))).toBe('b\nc')
    expect((await oras.ok('repo', 'ls', plain, registry.host)).split('\n')).toContain('oras/listed')
    expect(await oras.ok('repo', 'ls', plain, remote('').slice(0, -1))).toContain('listed')
    expect(await oras.ok('resolve', plain, remote('listed:c'))).toBe(samples.index.digest)
    const one = await oras.ok('resolve', plain, '--platform', 'linux/amd64', remote('listed:c'))
    expect(one).toBe(samples.image.digest)
  })

  test('pushes, fetches and deletes manifests', async () => {
    await pushFromLayout(registry, 'oras/manifest', samples.layout, samples.image, '1')
    const file = join(samples.layout.folder, 'blobs', samples.image.digest.replace(':', '/'))
    await oras.ok('manifest', 'push', plain, remote('manifest:2'), file)
    const fetched = await oras.ok('manifest', 'fetch', plain, remote('manifest:2'))
    expect(digest(Buffer.from(fetched))).toBe(samples.image.digest)
    await oras.ok('manifest', 'index', 'create', plain, remote('manifest:index'), '1', '2')
    expect((await manifestOf(registry, 'oras/manifest', 'index')).manifest.manifests).toHaveLength(2)
    await attach('manifest:1', 'application/vnd.test')
    const [about] = await discover('manifest:1')
    await oras.ok('manifest', 'delete', plain, '--force', remote(`manifest@${about?.digest}`))
    expect(await discover('manifest:1')).toEqual([])
    await oras.ok('manifest', 'delete', plain, '--force', remote('manifest:2'))
    expect(await tagsOf(registry, 'oras/manifest')).toEqual(['index'])
    expect(await oras.fails('manifest', 'fetch', plain, remote('manifest:1'))).toContain('not found')
  })

  test('pushes, fetches and deletes blobs', async () => {
    const name = remote(`blob@${digest(Buffer.from(`note ${folder.path}`))}`)
    await oras.ok('blob', 'push', plain, remote('blob'), 'note.txt')
    await oras.ok('blob', 'push', plain, remote('blob'), 'note.txt')
    expect(await oras.ok('blob', 'fetch', plain, '--output', '-', name)).toBe(`note ${folder.path}`)
    await oras.ok('blob', 'delete', plain, '--force', name)
    expect(await oras.fails('blob', 'fetch', plain, '--output', '-', name)).toContain('not found')
  })

  describe.skipIf(external !== undefined)('with a password', () => {
    let closed: TestRegistry
    let name: string

    beforeAll(async () => {
      closed = await startRegistry('--user', 'ann:secret')
      name = `${closed.host}/oras/closed:1`
    })

    afterAll(() => closed?.stop())

    const login = (password: string) => ['login', plain, '-u', 'ann', '-p', password, closed.host]
    const refused = /401|unauthorized|basic credential/i

    test('is refused without the right one', async () => {
      expect(await oras.fails('push', plain, name, 'note.txt')).toMatch(refused)
      expect(await oras.fails(...login('wrong'))).toMatch(refused)
      expect(await oras.fails('repo', 'ls', plain, closed.host)).toMatch(refused)
    })

    test('pushes and pulls with the right one', async () => {
      expect(await oras.ok(...login('secret'))).toContain('Login Succeeded')
      await oras.ok('push', plain, name, 'note.txt')
      await oras.ok('attach', plain, '--artifact-type', 'application/vnd.test', name, 'note.txt')
      expect(await oras.ok('discover', plain, name)).toContain('application/vnd.test')
      await oras.ok('pull', plain, name, '--output', folder.at('closed'))
      await oras.ok('logout', closed.host)
      expect(await oras.fails('pull', plain, name)).toMatch(refused)
    })
  })
})
