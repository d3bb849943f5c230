/** What other clients push, ours reads; what ours pushes, they read: with and without a list of referrers. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { type Client, createClient } from '../../src/client/index.ts'
import { parseManifest } from '../../src/oci/index.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { makeSamples } from '../clients/samples.ts'
import { client, describeClient } from '../clients/tools.ts'

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
      const subject = await ours.resolveManifest('oras', '1')
      const config = {
        mediaType: 'application/vnd.oci.empty.v1+json',
        digest: `sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a`,
        size: 2,
      } as const
      await ours.pushBlob('oras', config, new TextEncoder().encode('{}'))
      const mediaType = 'application/vnd.oci.image.manifest.v1+json'
      const manifest = {
        schemaVersion: 2,
        mediaType,
        artifactType: 'a/ours',
        config,
        layers: [config],
        subject,
      }
      await ours.pushManifest('oras', new TextEncoder().encode(JSON.stringify(manifest)), mediaType)
      const found = await all(ours.referrers('oras', subject.digest))
      expect(found.map(({ descriptor }) => descriptor.artifactType).sort()).toEqual(['a/ours', 'a/theirs'])
      const told = await oras.ok('discover', '--plain-http', '--format', 'json', `${there.host}/oras:1`)
      for (const type of ['a/ours', 'a/theirs']) expect(told).toContain(type)
    })
  })
})
