/**
 * containerd and docker with a mirror in place of Docker Hub, as their manuals configure one.
 * @module
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
  const mirror = await startRegistry('--mirror', `docker.io=${hub.url}`, '--mirror-ttl', '0')
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
