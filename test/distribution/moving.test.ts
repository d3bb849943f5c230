/** The page's block about moving in does what it says: out of a real server, its folder, and a folder as zot keeps it. */

import { chmod, link, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { folderLayouts } from '../../adapters/layout/index.ts'
import { listen } from '../../adapters/node/testing.ts'
import { createClient } from '../../src/client/index.ts'
import { OCI_INDEX } from '../../src/oci/index.ts'
import type { Sample } from '../../src/testing/registry/samples.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { PEERS } from '../bench/peers.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { marked } from '../docs/markdown.ts'
import { runTranscript } from '../docs/transcript.ts'
import { fill, makeImage, missingOf, type TestImage } from '../transfer/images.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))

const manifestsOf = ({ images, index, referrers }: TestImage): readonly Sample[] => [
  ...images,
  index,
  ...referrers,
]

/**
 * As zot keeps it (docs: "the actual storage is simply an OCI Image Layout"): a layout for each repository, with every
 * manifest in its index, uploads in a folder with a dot, the same blob of two repositories as one file with two names, and
 * databases at the root.
 */
async function zotFolder(folder: Folder, image: TestImage): Promise<void> {
  const descriptorOf = ({ mediaType, digest, bytes }: Sample) => ({ mediaType, digest, size: bytes.length })
  for (const repo of ['team/web', 'base']) {
    const at = (...names: string[]) => folder.at('zot', repo, ...names)
    for (const sample of [...image.blobs, ...manifestsOf(image)]) {
      const name = sample.digest.replace(':', '/')
      await mkdir(dirname(at('blobs', name)), { recursive: true })
      if (repo === 'base') await link(folder.at('zot/team/web/blobs', name), at('blobs', name))
      else await writeFile(at('blobs', name), sample.bytes)
    }
    const annotations = { 'org.opencontainers.image.ref.name': 'v1' }
    const manifests = [
      { ...descriptorOf(image.index), annotations },
      ...[...image.images, ...image.referrers].map(descriptorOf),
    ]
    await writeFile(at('oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    await writeFile(at('index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    await mkdir(at('.uploads'))
    await writeFile(at('.uploads', 'c3b5f1f0'), 'half a blob')
  }
  for (const name of ['cache.db', 'meta.db']) await writeFile(folder.at('zot', name), 'a database')
}

test('a folder as zot keeps it is read as it is', async () => {
  const folder = await temporaryFolder()
  try {
    const image = await makeImage(1)
    await zotFolder(folder, image)
    const registry = folderLayouts(folder.at('zot'))
    expect(await all(registry.repositories())).toEqual(['base', 'team/web'])
    for (const repo of ['base', 'team/web']) {
      const whole = { blobs: image.blobs, manifests: manifestsOf(image) }
      expect(await missingOf(registry, repo, whole)).toEqual([])
      expect(await all(registry.tags(repo))).toEqual(['v1'])
      expect((await registry.resolveManifest(repo, 'v1')).mediaType).toBe(OCI_INDEX)
      const found = await all(registry.referrers(repo, image.index.digest))
      expect(found.map(({ descriptor }) => descriptor.digest)).toEqual([image.referrers[0]!.digest])
    }
    await registry.close()
  } finally {
    await folder.remove()
  }
})

const peer = await PEERS['distribution']!(false).catch(() =>
  PEERS['docker-registry']!(false).catch(() => null),
)
if (!peer)
  console.warn('skipped: the block about moving in, neither distribution nor docker-registry installed')

test.skipIf(!peer)('the block runs', async () => {
  const folder = await temporaryFolder()
  await mkdir(folder.at('data'))
  const here = await listen()
  const there = await peer!.start(folder.at('data'))
  try {
    const [kept, zot] = [await makeImage(1), await makeImage(2)]
    await fill(createClient(there.url), 'team/app', kept)
    await zotFolder(folder, zot)
    await mkdir(folder.at('bin'))
    await writeFile(folder.at('bin', 'ocikit'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`)
    await chmod(folder.at('bin', 'ocikit'), 0o755)
    const places = {
      '/var/lib/registry': folder.at('data/registry'),
      '/var/lib/zot': folder.at('zot'),
      'registry.example.com': new URL(there.url).host,
      '127.0.0.1:5000': here.host,
    }
    const env = { PATH: `${folder.at('bin')}:${process.env['PATH']}`, DOCKER_CONFIG: folder.path }
    await runTranscript(marked('moving').code, folder.path, places, env)
    for (const [repo, image] of [
      ['team/app', kept],
      ['moved/team/app', kept],
      ['team/web', zot],
      ['base', zot],
    ] as const) {
      const whole = { blobs: image.blobs, manifests: manifestsOf(image) }
      expect(await missingOf(here.registry, repo, whole)).toEqual([])
    }
  } finally {
    await there[Symbol.asyncDispose]()
    await here.close()
    await folder.remove()
  }
})
