/** Layouts and archives from and for oras and crane, in both directions, and referrers as oras sees them. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { folderLayout, type OpenLayout, tarLayout } from '../../adapters/layout/index.ts'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import type { Digest } from '../../src/oci/index.ts'
import { copy } from '../../src/transfer/index.ts'
import { run as runCommand } from '../cli/run.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { type Client, client, describeClient } from '../clients/tools.ts'
import { fill, makeImage, missingOf, type TestImage } from '../transfer/images.ts'

let folder: Folder
let registry: ListeningRegistry
let image: TestImage
/** Everything that belongs to it. */
let whole: Parameters<typeof missingOf>[2]

beforeAll(async () => {
  folder = await temporaryFolder()
  registry = await listen()
  image = await makeImage(1)
  await fill(registry.registry, 'app', image)
  whole = { blobs: image.blobs, manifests: [...image.images, image.index, ...image.referrers] }
})
afterAll(async () => {
  await registry?.close()
  await folder?.remove()
})

const remote = (name: string) => `${registry.host}/${name}`

/** Copies out of the registry into a layout, all of it or the image of one platform. */
async function into(layout: OpenLayout, reference: string, referrers = true): Promise<void> {
  await using to = layout
  const source = { registry: registry.registry, repository: 'app', reference }
  const tags = reference === 'v1' ? {} : { tags: ['v1'] }
  const destination = { registry: to, repository: to.repository }
  await copy(source, destination, { concurrency: 1, referrers, ...tags })
}

/** What is not in a layout. */
async function missingIn(opened: OpenLayout | Promise<OpenLayout>): Promise<string[]> {
  await using layout = await opened
  expect((await layout.resolveManifest('layout', 'v1')).digest).toBe(image.index.digest)
  return missingOf(layout, 'layout', whole)
}

interface Node {
  readonly digest: Digest
  readonly manifests?: readonly Node[]
  readonly referrers?: readonly Node[]
}

/** All that refers to a manifest, and to that, of the tree of either. */
function referrersIn({ referrers = [] }: Node): string[] {
  return referrers.flatMap((each) => [each.digest, ...referrersIn(each)]).sort()
}

const environment = () => ({ HOME: folder.path, DOCKER_CONFIG: folder.path, ORAS_CACHE: folder.at('cache') })

describeClient('oras', { commands: ['oras'] }, () => {
  let oras: Client
  beforeAll(() => {
    oras = client('oras', [], { env: environment(), cwd: folder.path })
  })

  test.each([
    ['folder', () => folderLayout(folder.at('folder'))],
    ['tar', () => tarLayout(folder.at('folder.tar'), { write: true })],
  ])('reads a %s that was written here, with what refers to it', async (kind, open) => {
    await into(await open(), 'v1')
    const from = kind === 'tar' ? 'folder.tar:v1' : 'folder:v1'
    await oras.ok('cp', '-r', '--from-oci-layout', '--to-plain-http', from, remote(`from-${kind}:v1`))
    expect(await missingOf(registry.registry, `from-${kind}`, whole)).toEqual([])
    await oras.ok(
      'restore',
      '--plain-http',
      '--input',
      kind === 'tar' ? 'folder.tar' : 'folder',
      remote(`restored-${kind}`),
    )
    const found = await registry.registry.resolveManifest(`restored-${kind}`, 'v1')
    expect(found.digest).toBe(image.index.digest)
  })

  test('writes a folder and an archive, which are read here, and added to', async () => {
    await oras.ok('cp', '-r', '--from-plain-http', '--to-oci-layout', remote('app:v1'), 'by-oras:v1')
    expect(await missingIn(folderLayout(folder.at('by-oras')))).toEqual([])
    await into(folderLayout(folder.at('by-oras')), 'v1')
    expect(await missingIn(folderLayout(folder.at('by-oras')))).toEqual([])
    await oras.ok('tag', '--oci-layout', 'by-oras:v1', 'v2')
    await oras.ok('backup', '--plain-http', '--include-referrers', '--output', 'backup.tar', remote('app'))
    expect(await missingIn(tarLayout(folder.at('backup.tar')))).toEqual([])
    await using layout = folderLayout(folder.at('by-oras'))
    expect((await layout.resolveManifest('layout', 'v2')).digest).toBe(image.index.digest)
  })

  test('discovers the referrers that tree shows, in a registry, a folder and an archive', async () => {
    await into(folderLayout(folder.at('seen')), 'v1')
    await into(await tarLayout(folder.at('seen.tar'), { write: true }), 'v1')
    const [signature, stamp, list] = image.referrers.map(({ digest }) => digest)
    for (const [place, flag, text] of [
      [remote('app'), '--plain-http', `${remote('app')}:v1`],
      [`oci:${folder.at('seen')}`, '--oci-layout', 'seen:v1'],
      [`tar:${folder.at('seen.tar')}`, '--oci-layout', 'seen.tar:v1'],
    ] as const) {
      const tree = await runCommand(['tree', '--json', `${place}:v1`], { DOCKER_CONFIG: folder.path })
      const root = JSON.parse(tree.stdout) as Node
      const discover = async (...args: string[]) =>
        JSON.parse(await oras.ok('discover', flag, '--format', 'json', ...args, text)) as Node
      expect(referrersIn(root)).toEqual([signature, stamp].sort())
      expect(referrersIn(await discover())).toEqual(referrersIn(root))
      const second = root.manifests![1]!
      expect(referrersIn(second)).toEqual([list])
      expect(referrersIn(await discover('--platform', 'linux/arm64'))).toEqual([list])
    }
  })
})

describeClient('crane', { commands: ['crane'] }, () => {
  let crane: Client
  const configOf = async (name: string): Promise<unknown> => JSON.parse(await crane.ok('config', name))
  beforeAll(() => {
    crane = client('crane', [], { env: environment(), cwd: folder.path })
  })

  test('pushes a folder and an archive that were written here', async () => {
    const one = image.images[0].digest
    await into(folderLayout(folder.at('for-crane')), one, false)
    await crane.ok('push', 'for-crane', remote('crane/folder:1'))
    expect(await crane.ok('digest', remote('crane/folder:1'))).toBe(one)
    await into(await tarLayout(folder.at('for-crane.tar'), { write: true }), one, false)
    await crane.ok('push', 'for-crane.tar', remote('crane/tar:1'))
    // An archive is one of docker to it: the manifest is made anew, of the same image.
    expect(await configOf(remote('crane/tar:1'))).toEqual(await configOf(remote('crane/folder:1')))
    await into(folderLayout(folder.at('index-for-crane')), 'v1', false)
    await crane.ok('push', '--index', 'index-for-crane', remote('crane/index:1'))
    const pushed = await registry.registry.getManifest('crane/index', '1')
    expect(new TextDecoder().decode(pushed.bytes)).toContain(image.index.digest)
  })

  test('pulls folders, and archives of both kinds, which are read here', async () => {
    const one = image.images[0].digest
    await crane.ok('pull', '--format', 'oci', '--annotate-ref', remote('app:v1'), 'by-crane')
    const opened = folderLayout(folder.at('by-crane'))
    expect((await opened.roots()).map(({ digest }) => digest)).toEqual([image.index.digest])
    expect((await opened.resolveManifest('layout', 'v1')).digest).toBe(image.index.digest)
    const images = { blobs: image.blobs.slice(0, -1), manifests: [...image.images, image.index] }
    expect(await missingOf(opened, 'layout', images)).toEqual([])
    const { config } = JSON.parse(new TextDecoder().decode(image.images[0].bytes)) as { config: Node }
    for (const format of ['tarball', 'legacy']) {
      await crane.ok('pull', '--format', format, `${remote('app')}@${one}`, `${format}.tar`)
      await using archive = await tarLayout(folder.at(`${format}.tar`))
      const roots = await archive.roots()
      expect([format, roots.length]).toEqual([format, 1])
      const { bytes } = await archive.getManifest('layout', roots[0]!.digest)
      expect(new TextDecoder().decode(bytes)).toContain(config.digest)
      const to = { registry: registry.registry, repository: `crane/by-${format}` }
      const source = { registry: archive, repository: 'layout', reference: roots[0]!.digest }
      expect(await copy(source, to, { tags: ['1'] })).toMatchObject({ manifests: 1 })
    }
  })
})
