/** Layouts and archives from and for other programs, in both directions. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { folderLayout, type OpenLayout, tarLayout } from '../../adapters/layout/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { isTag } from '../../src/oci/index.ts'
import { copy } from '../../src/transfer/index.ts'
import { type Engine, startEngine } from '../clients/docker-engine.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { makeSamples, type Samples } from '../clients/samples.ts'
import { type Client, client, describeClient } from '../clients/tools.ts'

let folder: Folder
let samples: Samples

beforeAll(async () => {
  folder = await temporaryFolder()
  samples = await makeSamples(folder.at('samples'))
})
afterAll(() => folder?.remove())

/** Copies what is called `tag` out of one into the other. */
async function move(from: OpenLayout, to: OpenLayout, tag: string): Promise<string> {
  const source = { registry: from, repository: from.repository, reference: tag }
  const copied = await copy(source, { registry: to, repository: to.repository }, { concurrency: 1 })
  await to.close()
  return copied.descriptor.digest
}

describeClient('skopeo', { commands: ['skopeo'] }, () => {
  let skopeo: Client
  const digestIn = async (place: string): Promise<string> =>
    (JSON.parse(await skopeo.ok('inspect', place)) as { Digest: string }).Digest

  beforeAll(() => {
    skopeo = client('skopeo', ['--insecure-policy'], { env: { HOME: folder.path } })
  })

  test('reads a folder and an archive that were written here', async () => {
    const source = () => folderLayout(samples.layout.folder)
    const digest = await move(source(), folderLayout(folder.at('out')), 'image')
    expect(await digestIn(`oci:${folder.at('out')}:image`)).toBe(digest)
    await move(source(), await tarLayout(folder.at('out.tar'), { write: true, repository: 'app' }), 'image')
    expect(await digestIn(`oci-archive:${folder.at('out.tar')}:image`)).toBe(digest)
    await skopeo.ok('copy', `oci:${folder.at('out')}:image`, `dir:${folder.at('dir')}`)
  })

  test('writes a folder, archives of both kinds, and all are read here', async () => {
    const from = `oci:${samples.layout.folder}:image`
    await skopeo.ok('copy', from, `oci:${folder.at('in')}:v1`)
    await skopeo.ok('copy', from, `oci-archive:${folder.at('in.tar')}:v1`)
    await skopeo.ok('copy', from, `docker-archive:${folder.at('docker.tar')}:team/app:v1`)
    const opened = [folderLayout(folder.at('in')), await tarLayout(folder.at('in.tar'))]
    for (const each of [...opened, await tarLayout(folder.at('docker.tar'))]) {
      const to = createStore({ storage: memory() })
      const source = { registry: each, repository: 'layout', reference: 'v1' }
      expect((await copy(source, { registry: to, repository: 'app' })).manifests).toBe(1)
    }
    const digests = await Promise.all(opened.map((each) => each.resolveManifest('layout', 'v1')))
    expect(digests[0]).toEqual(digests[1])
    // What it adds beside is kept, and what was there before it is still there for it.
    await move(folderLayout(samples.layout.folder), folderLayout(folder.at('in')), 'image')
    expect(await digestIn(`oci:${folder.at('in')}:v1`)).toBe(digests[0]!.digest)
  })
})

describeClient('docker', { commands: ['docker', 'dockerd', 'containerd', 'runc'], root: true }, () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await startEngine()
  })
  afterAll(() => engine?.stop())

  test('loads what was archived here, of what it has saved', async () => {
    await engine.docker.ok('save', '--output', folder.at('saved.tar'), 'sample:1')
    const saved = await tarLayout(folder.at('saved.tar'))
    const [root] = await saved.roots()
    expect(isTag(root?.tag ?? '')).toBe(true)
    const id = await engine.docker.ok('image', 'inspect', '--format', '{{.Id}}', 'sample:1')
    const to = await tarLayout(folder.at('load.tar'), { write: true, repository: 'again' })
    await move(saved, to, root!.tag!)
    await engine.docker.ok('load', '--input', folder.at('load.tar'))
    expect(await engine.docker.ok('image', 'inspect', '--format', '{{.Id}}', 'again:1')).toBe(id)
  })
})
