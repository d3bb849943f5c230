/**
 * Whatever belongs to an image survives what a registry does by itself: its platforms, attestations, signatures, and
 * what has lost its tag.
 */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { ocikit, open } from '../../src/index.ts'
import { run as command } from '../cli/run.ts'
import { type Server, startServer } from '../crash/server.ts'
import { ageRecords } from '../storage/folder.ts'
import { pushBlob, pushManifest, referrersOf, tagsOf } from './api.ts'
import { type Descriptor, Layout } from './images.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { makeReferrer } from './samples.ts'
import { type Client, client, describeClient } from './tools.ts'

const REPO = 'survivors'
const DAYS = 24 * 3_600_000

describeClient('skopeo', { commands: ['skopeo'] }, () => {
  let folder: Folder
  let server: Server
  let skopeo: Client
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(folder.at('data'))
    skopeo = client('skopeo', [], { env: { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') } })
  })
  afterAll(async () => {
    await server?.kill()
    await folder?.remove()
  })

  const remote = (reference: string) => `docker://127.0.0.1:${server.port}/${REPO}${reference}`
  const copy = (from: string, to: string) =>
    skopeo.ok(
      'copy',
      '--all',
      '--preserve-digests',
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      from,
      to,
    )
  const registry = () => ({ url: server.url, host: new URL(server.url).host, stop: async () => {} })

  /** An index of two platforms and, as buildkit makes it, an attestation about one of them. */
  async function multiArch(layout: Layout, name: string): Promise<Descriptor[]> {
    const base = await layout.layer({ base: name })
    const amd64 = await layout.image([base])
    const arm64 = await layout.image([base, await layout.layer({ arm: name })], 'arm64')
    const statement = await layout.image([await layout.layer({ statement: name })], 'unknown')
    const attestation = {
      ...statement,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': amd64.digest,
      },
    }
    const index = await layout.index([amd64, arm64, attestation])
    await layout.tag(name, index)
    return [index, amd64, arm64, attestation]
  }

  /** Everything can be pulled, byte for byte: skopeo checks the digests. */
  async function expectAll(digests: readonly string[], referrer: string): Promise<void> {
    for (const [at, digest] of digests.entries())
      await copy(remote(`@${digest}`), `dir:${folder.at(`pulled-${at}`)}`)
    expect(await tagsOf(registry(), REPO)).toEqual(['image', `${digests[0]!.replace(':', '-')}.sig`])
    const referrers = await referrersOf(registry(), REPO, digests[0]!)
    expect(referrers.map(({ digest }) => digest)).toEqual([referrer])
    await skopeo.ok('inspect', '--raw', '--tls-verify=false', remote(`@${referrer}`))
  }

  test('what belongs to an image, and what has lost its tag, survive the collector and gc as they come', {
    timeout: 120_000,
  }, async () => {
    const layout = new Layout(folder.at('layout'))
    const image = await multiArch(layout, 'image')
    const overwritten = await multiArch(layout, 'overwritten')
    const deleted = await multiArch(layout, 'deleted')
    const signature = await layout.image([await layout.layer({ signature: 'signature' })])
    await layout.tag('signature', signature)
    const local = (tag: string) => `oci:${layout.folder}:${tag}`
    await copy(local('overwritten'), remote(':image'))
    await copy(local('image'), remote(':image'))
    await copy(local('deleted'), remote(':deleted'))
    await copy(local('signature'), remote(`:${image[0]!.digest.replace(':', '-')}.sig`))
    const attached = makeReferrer(image[0]!, 'application/vnd.in-toto+json')
    for (const { bytes, descriptor } of attached.blobs)
      await pushBlob(registry(), REPO, bytes, descriptor.digest)
    await pushManifest(registry(), REPO, attached.bytes, attached.descriptor)
    for (const { digest } of deleted) {
      const url = `${server.url}/v2/${REPO}/manifests/${digest}`
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(202)
    }
    const alive = [...image, ...overwritten, signature].map(({ digest }) => digest)
    const referrer = attached.descriptor.digest

    expect(await server.stop()).toBe(0)
    await ageRecords(folder.at('data'), 3 * DAYS)
    const kit = ocikit({ storage: await fs(folder.at('data')), auth: open() })
    await kit.sweep()
    expect(await kit.retain()).toMatchObject({ tags: 0, manifests: 0 })
    // It has looked at this repository, and found the blobs of what was deleted.
    expect((await kit.collect()).links).toBeGreaterThan(3)
    await kit.close()
    server = await startServer(folder.at('data'))
    await expectAll(alive, referrer)

    expect(await server.stop()).toBe(0)
    await ageRecords(folder.at('data'), 3 * DAYS)
    const gc = await command(['gc', '--data', folder.at('data')])
    expect(gc).toMatchObject({ code: 0, stderr: '' })
    expect(gc.stdout).toMatch(/^freed [1-9]\d* bytes\n/)
    server = await startServer(folder.at('data'))
    await expectAll(alive, referrer)
  })
})
