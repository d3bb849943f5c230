/** What other clients push, ours reads; what ours pushes, they read: with and without a list of referrers. */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { type Client, createClient } from '../../src/client/index.ts'
import { type Digest, OCI_EMPTY, OCI_MANIFEST, parseManifest } from '../../src/oci/index.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { utf8 } from '../../src/testing/storage/scope.ts'
import { type Engine, startEngine } from '../clients/docker-engine.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { makeSamples } from '../clients/samples.ts'
import { client, describeClient } from '../clients/tools.ts'
import { digestOf } from './wire.ts'

/** Copies all that a manifest refers to, and then it. */
async function copy(
  source: Client,
  from: string,
  to: string,
  reference: string,
  tags: string[] = [],
): Promise<void> {
  const { descriptor, bytes } = await source.getManifest(from, reference)
  for (const { digest, kind } of parseManifest(bytes, descriptor.mediaType).references) {
    if (kind === 'child') await copy(source, from, to, digest)
    else if (!(await source.mountBlob(to, digest, { from })))
      await source.pushBlob(to, { digest }, (await source.getBlob(from, digest)).stream())
  }
  await source.pushManifest(to, bytes, descriptor.mediaType, { digest: descriptor.digest, tags })
}

/** The one engine, for the first that needs it. */
let engine: Promise<Engine> | undefined
afterAll(async () => (await engine)?.stop())

describe.each([
  ['with a list of referrers', true],
  ['without one', false],
])('%s', (_, referrers) => {
  let folder: Folder
  let layout: string
  let there: ListeningRegistry
  let ours: Client
  beforeAll(async () => {
    folder = await temporaryFolder()
    layout = (await makeSamples(folder.at('layout'))).layout.folder
    there = await listen({ compat: { referrers } })
    ours = createClient(there.url)
  })
  afterAll(async () => {
    await there?.close()
    await folder?.remove()
  })
  /** Our client attaches an artifact. */
  const attach = async (repo: string, tag: string): Promise<void> => {
    const config = { mediaType: OCI_EMPTY, digest: digestOf('{}'), size: 2 } as const
    await ours.pushBlob(repo, config, utf8('{}'))
    const subject = await ours.resolveManifest(repo, tag)
    const fields = { artifactType: 'a/ours', config, layers: [config], subject }
    const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, ...fields }
    await ours.pushManifest(repo, utf8(JSON.stringify(manifest)), OCI_MANIFEST)
  }
  /** What is attached, as our client sees it. */
  const typesOf = async (repo: string, digest: Digest) => {
    const found = await all(ours.referrers(repo, digest))
    return found.map(({ descriptor }) => descriptor.artifactType).sort()
  }
  const env = () => ({ env: { HOME: folder.path, ORAS_CACHE: folder.at('cache') } })

  describeClient('skopeo', { commands: ['skopeo'] }, () => {
    test('pushes for us, and pulls from us', async () => {
      const skopeo = client('skopeo', ['copy', '--all', '--preserve-digests'], env())
      await skopeo.ok('--dest-tls-verify=false', `oci:${layout}:index`, `docker://${there.host}/skopeo:1`)
      await copy(ours, 'skopeo', 'skopeo-copy', '1', ['2', '3'])
      await skopeo.ok(
        '--src-tls-verify=false',
        `docker://${there.host}/skopeo-copy:3`,
        `dir:${folder.at('skopeo')}`,
      )
    })
  })

  describeClient('crane', { commands: ['crane'] }, () => {
    test('pushes for us, and validates what we push', async () => {
      const crane = client('crane', ['--insecure'], env())
      await crane.ok('push', '--index', layout, `${there.host}/crane:1`)
      await copy(ours, 'crane', 'crane-copy', '1', ['2'])
      expect(await crane.ok('digest', `${there.host}/crane-copy:2`)).toBe(
        (await ours.resolveManifest('crane', '1')).digest,
      )
      await crane.ok('pull', '--format', 'oci', `${there.host}/crane-copy:2`, folder.at('crane'))
    })
  })

  describeClient('oras', { commands: ['oras'] }, () => {
    test('attaches for us, and finds what we attach', async () => {
      const oras = client('oras', [], env())
      await oras.ok('copy', '--from-oci-layout', `${layout}:image`, '--to-plain-http', `${there.host}/oras:1`)
      await oras.ok(
        'attach',
        '--plain-http',
        '--artifact-type',
        'a/theirs',
        '--annotation',
        'a=b',
        `${there.host}/oras:1`,
      )
      const { digest } = await ours.resolveManifest('oras', '1')
      await attach('oras', '1')
      expect(await typesOf('oras', digest)).toEqual(['a/ours', 'a/theirs'])
      const told = await oras.ok('discover', '--plain-http', '--format', 'json', `${there.host}/oras:1`)
      for (const type of ['a/ours', 'a/theirs']) expect(told).toContain(type)
    })
  })

  describeClient('regctl', { commands: ['regctl'] }, () => {
    test('copies for us, and what we push; lists what we attach', async () => {
      const regctl = client('regctl', [], { env: { ...env().env, REGCTL_CONFIG: folder.at('regctl') } })
      await regctl.ok('registry', 'set', there.host, '--tls', 'disabled', '--skip-check')
      await regctl.ok('image', 'copy', `ocidir://${layout}:index`, `${there.host}/regctl:1`)
      await copy(ours, 'regctl', 'regctl-copy', '1', ['2'])
      const { digest } = await ours.resolveManifest('regctl', '1')
      expect(await regctl.ok('image', 'digest', `${there.host}/regctl-copy:2`)).toBe(digest)
      await regctl.ok('image', 'copy', `${there.host}/regctl-copy:2`, `ocidir://${folder.at('regctl-out')}:1`)
      await attach('regctl-copy', '2')
      expect(await regctl.ok('artifact', 'list', `${there.host}/regctl-copy:2`)).toContain('a/ours')
      const theirs = client('regctl', [], {
        env: { ...env().env, REGCTL_CONFIG: folder.at('regctl') },
        input: 'x',
      })
      const subject = `${there.host}/regctl-copy:2`
      await theirs.ok('artifact', 'put', '--artifact-type', 'a/theirs', '--subject', subject)
      expect(await typesOf('regctl-copy', digest)).toEqual(['a/ours', 'a/theirs'])
    })
  })

  describeClient('helm', { commands: ['helm'] }, () => {
    test('pushes a chart for us, and pulls ours', async () => {
      const homes = ['HELM_CACHE_HOME', 'HELM_CONFIG_HOME', 'HELM_DATA_HOME'].map((name) => [
        name,
        folder.at(name),
      ])
      const helm = client('helm', [], {
        env: { ...env().env, DOCKER_CONFIG: folder.at('helm-docker'), ...Object.fromEntries(homes) },
      })
      await mkdir(folder.at('chart', 'templates'), { recursive: true })
      await writeFile(folder.at('chart', 'Chart.yaml'), 'apiVersion: v2\nname: chart\nversion: 1.0.0\n')
      await helm.ok('package', folder.at('chart'), '--destination', folder.path)
      await helm.ok('push', '--plain-http', folder.at('chart-1.0.0.tgz'), `oci://${there.host}/helm`)
      await copy(ours, 'helm/chart', 'helm-copy/chart', '1.0.0', ['1.0.0'])
      await mkdir(folder.at('pulled'))
      const to = ['--version', '1.0.0', '--destination', folder.at('pulled')]
      await helm.ok('pull', '--plain-http', `oci://${there.host}/helm-copy/chart`, ...to)
      expect(digestOf(await readFile(folder.at('pulled', 'chart-1.0.0.tgz')))).toBe(
        digestOf(await readFile(folder.at('chart-1.0.0.tgz'))),
      )
    })
  })

  describeClient('docker', { commands: ['docker', 'dockerd', 'containerd', 'runc'], root: true }, () => {
    test('pushes for us, and pulls ours', { timeout: 120_000 }, async () => {
      engine ??= startEngine()
      const { docker } = await engine
      const [pushed, copied] = [`${there.host}/docker:1`, `${there.host}/docker-copy:2`]
      await docker.ok('tag', 'sample:1', pushed)
      await docker.ok('push', pushed)
      await copy(ours, 'docker', 'docker-copy', '1', ['2'])
      await docker.ok('rmi', pushed)
      const { digest } = await ours.resolveManifest('docker', '1')
      expect(await docker.ok('pull', copied)).toContain(`Digest: ${digest}`)
    })
  })
})
