/**
 * containerd, docker, podman, buildah and skopeo with a mirror in place of Docker Hub, as their manuals configure one.
 * @module
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushFromLayout } from './api.ts'
import { startEngine } from './docker-engine.ts'
import { type Folder, startDaemon, temporaryFolder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { makeSamples, type Samples } from './samples.ts'
import { client, describeClient } from './tools.ts'

/** Nobody listens there: what does not come from the mirror does not come. */
const NOBODY = 'http://127.0.0.1:9'

/** A registry in the role of Docker Hub, with an image and an index; and a mirror of it. */
async function startMirror(folder: Folder) {
  const hub = await startRegistry()
  const samples = await makeSamples(folder.at('layout'))
  await pushFromLayout(hub, 'library/image', samples.layout, samples.image, '1')
  await pushFromLayout(hub, 'team/index', samples.layout, samples.index, '1')
  const hosts = ['docker.io', 'ghcr.io'].flatMap((host) => ['--mirror', `${host}=${hub.url}`])
  const mirror = await startRegistry(...hosts, '--mirror-ttl', '0')
  return { hub, mirror, samples }
}

describeClient('containerd with a mirror', { commands: ['containerd', 'ctr'], root: true }, () => {
  let folder: Folder
  let hub: TestRegistry
  let mirror: TestRegistry
  let samples: Samples
  let stop = async (): Promise<void> => {}

  beforeAll(async () => {
    folder = await temporaryFolder()
    ;({ hub, mirror, samples } = await startMirror(folder))
    await mkdir(folder.at('certs', 'docker.io'), { recursive: true })
    const hosts = `server = "${NOBODY}"\n[host."${mirror.url}"]\ncapabilities = ["pull", "resolve"]\n`
    await writeFile(folder.at('certs', 'docker.io', 'hosts.toml'), hosts)
    const disabled = '["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]'
    await writeFile(folder.at('config.toml'), `version = 2\ndisabled_plugins = ${disabled}\n`)
    const places = ['root', 'state'].flatMap((name) => [`--${name}`, folder.at(name)])
    const flags = ['--config', folder.at('config.toml'), '--address', folder.at('sock'), ...places]
    const daemon = await startDaemon('containerd', flags, (output) => output.includes('successfully booted'))
    stop = () => daemon.stop()
  })

  afterAll(async () => {
    await stop()
    await mirror?.stop()
    await hub?.stop()
    await folder?.remove()
  })

  test.skipIf(external !== undefined)(
    'pulls through it by hosts.toml, and again when Docker Hub is gone',
    async () => {
      const ctr = client('ctr', ['--address', folder.at('sock')])
      const pull = async (name: string) => {
        await ctr.ok('images', 'pull', '--hosts-dir', folder.at('certs'), '--snapshotter', 'native', name)
        const [, row = ''] = (await ctr.ok('images', 'ls', `name==${name}`)).split('\n')
        await ctr.ok('images', 'rm', '--sync', name)
        return row.split(/\s+/)[2]
      }
      expect(await pull('docker.io/library/image:1')).toBe(samples.image.digest)
      expect(await pull('docker.io/team/index:1')).toBe(samples.index.digest)
      await hub.stop()
      expect(await pull('docker.io/library/image:1')).toBe(samples.image.digest)
      expect(await pull('docker.io/team/index:1')).toBe(samples.index.digest)
    },
  )
})

const engine = { commands: ['docker', 'dockerd', 'containerd', 'runc'], root: true }

describeClient('docker with a mirror', engine, () => {
  test.skipIf(external !== undefined)('pulls through registry-mirrors', async () => {
    const folder = await temporaryFolder()
    const { hub, mirror, samples } = await startMirror(folder)
    const { docker, stop } = await startEngine('--registry-mirror', mirror.url)
    try {
      expect(await docker.ok('pull', 'image:1')).toContain(`Digest: ${samples.image.digest}`)
      expect(await docker.ok('pull', 'team/index:1')).toContain(`Digest: ${samples.index.digest}`)
      await docker.ok('rmi', 'image:1')
      await hub.stop()
      expect(await docker.ok('pull', 'image:1')).toContain(`Digest: ${samples.image.digest}`)
    } finally {
      await stop()
      await mirror.stop()
      await hub.stop()
      await folder.remove()
    }
  })
})

/** Of the one registry it is a mirror; the other one is taken to be there. */
const registriesConf = ({ host }: TestRegistry) => `
[[registry]]
prefix = "docker.io"
location = "127.0.0.1:9"
insecure = true
[[registry.mirror]]
location = "${host}/docker.io"
insecure = true

[[registry]]
prefix = "ghcr.io"
location = "${host}/ghcr.io"
insecure = true
`

describe.skipIf(external !== undefined)('registries.conf with a mirror', () => {
  let folder: Folder
  let hub: TestRegistry
  let mirror: TestRegistry
  let samples: Samples
  beforeAll(async () => {
    folder = await temporaryFolder()
    ;({ hub, mirror, samples } = await startMirror(folder))
    await mkdir(folder.at('.config', 'containers'), { recursive: true })
    await writeFile(folder.at('.config', 'containers', 'registries.conf'), registriesConf(mirror))
    await writeFile(folder.at('auth.json'), '{}')
    env = { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') }
  })
  afterAll(async () => {
    await mirror?.stop()
    await hub?.stop()
    await folder?.remove()
  })

  let env: Record<string, string>
  /** A tool with a store of its own. */
  const withStore = (command: string, ...more: string[]) => {
    const places = ['--root', folder.at(command), '--runroot', folder.at(`${command}-run`)]
    return client(command, [...places, '--storage-driver', 'vfs', ...more], { env })
  }

  describeClient('skopeo', { commands: ['skopeo'] }, () => {
    test('reads through it', async () => {
      const skopeo = client('skopeo', [], { env })
      for (const [name, digest] of [
        ['docker.io/library/image:1', samples.image.digest],
        ['image:1', samples.image.digest],
        ['ghcr.io/team/index:1', samples.index.digest],
      ]) {
        const raw = await skopeo.ok('inspect', '--no-tags', '--format', '{{.Digest}}', `docker://${name}`)
        expect([name, raw]).toEqual([name, digest])
      }
      await skopeo.ok('copy', '--all', 'docker://ghcr.io/team/index:1', `dir:${folder.at('copied')}`)
    })
  })

  describeClient('podman', { commands: ['podman'], root: true }, () => {
    test('pulls through it', async () => {
      const more = ['--tmpdir', folder.at('tmp'), '--cgroup-manager', 'cgroupfs', '--events-backend', 'none']
      const podman = withStore('podman', ...more)
      for (const name of ['docker.io/library/image:1', 'ghcr.io/team/index:1'])
        await podman.ok('pull', '--quiet', name)
      const digest = await podman.ok(
        'image',
        'inspect',
        '--format',
        '{{.Digest}}',
        'docker.io/library/image:1',
      )
      expect(digest).toBe(samples.image.digest)
    })
  })

  describeClient('buildah', { commands: ['buildah'], root: true }, () => {
    test('builds on what it has', async () => {
      const buildah = withStore('buildah')
      await mkdir(folder.at('context'))
      await writeFile(folder.at('context', 'Containerfile'), 'FROM docker.io/library/image:1\nLABEL a=b\n')
      await buildah.ok('build', '--quiet', '--tag', 'built', folder.at('context'))
      await buildah.ok('pull', '--quiet', 'ghcr.io/team/index:1')
    })
  })
})
