/** Layouts in archives, and archives of docker save. */

import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tarLayout } from '../../adapters/layout/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { descriptorOf, imageOf, indexOf, textOf } from '../../src/testing/registry/samples.ts'
import { copy } from '../../src/transfer/index.ts'
import { digest, dockerArchive, json } from '../clients/images.ts'
import { type Folder, run, temporaryFolder } from '../clients/process.ts'
import { tar } from '../clients/tar.ts'
import { fill, listed, makeImage, missingOf } from '../transfer/images.ts'

let folder: Folder
let file: string

beforeEach(async () => {
  folder = await temporaryFolder()
  file = folder.at('image.tar')
})
afterEach(() => folder.remove())

const store = () => createStore({ storage: memory() })

async function save(no: number, tag: string): Promise<Awaited<ReturnType<typeof makeImage>>> {
  const image = await makeImage(no)
  const from = store()
  await fill(from, 'app', image, [tag])
  await using archive = await tarLayout(file, { write: true })
  const to = { registry: archive, repository: archive.repository }
  await copy({ registry: from, repository: 'app', reference: tag }, to, { referrers: true })
  return image
}

test('an image goes into an archive and comes back, with what refers to it', async () => {
  const image = await save(1, 'v1')
  expect(await readdir(folder.path)).toEqual(['image.tar'])
  await using archive = await tarLayout(file)
  const back = store()
  const from = { registry: archive, repository: 'layout', reference: 'v1' }
  await copy(from, { registry: back, repository: 'app' }, { referrers: true })
  const whole = { blobs: image.blobs, manifests: [...image.images, image.index, ...image.referrers] }
  expect(await missingOf(back, 'app', whole)).toEqual([])
  const blob = image.blobs[0]!
  const content = await archive.getBlob('layout', blob.digest, { range: { first: 10, last: 19 } })
  expect(await content.bytes()).toEqual(blob.bytes.slice(10, 20))
})

test('a second image is added; what both have is in there once', async () => {
  await save(1, 'v1')
  const before = (await stat(file)).size
  await save(1, 'v2')
  expect((await stat(file)).size - before).toBeLessThan(3000)
  await save(2, 'v3')
  await using archive = await tarLayout(file)
  expect(await listed(archive.tags('layout'))).toEqual(['v1', 'v2', 'v3'])
})

test.each([{ schemaVersion: 2 }, { schemaVersion: 2, manifests: [{ 'x-strange': true }] }])(
  'to the index %j something is added, and what is strange in it stays',
  async (index) => {
    await writeFile(file, tar({ 'index.json': JSON.stringify(index) }))
    {
      await using archive = await tarLayout(file, { write: true })
      const added = await indexOf([])
      await archive.pushManifest('layout', added.bytes, added.mediaType, { tags: ['v1'] })
    }
    expect((await readFile(file)).includes('x-strange')).toBe('manifests' in index)
    await using archive = await tarLayout(file)
    expect(await listed(archive.tags('layout'))).toEqual(['v1'])
  },
)

test('what is deleted is not in the archive any more', async () => {
  const image = await save(1, 'v1')
  const before = (await stat(file)).size
  {
    await using archive = await tarLayout(file, { write: true })
    for (const { digest } of [...image.referrers, image.index, ...image.images])
      await archive.deleteManifest('layout', digest)
    const left = await indexOf([])
    await archive.pushManifest('layout', left.bytes, left.mediaType, { tags: ['left'] })
  }
  expect((await stat(file)).size).toBeLessThan(before)
  await using archive = await tarLayout(file)
  expect(await listed(archive.tags('layout'))).toEqual(['left'])
  expect(await missingOf(archive, 'layout', { blobs: image.blobs })).toHaveLength(image.blobs.length)
})

test('a wrong blob leaves nothing; an archive that gets nothing is not made', async () => {
  const blob = await textOf('right')
  {
    await using archive = await tarLayout(file, { write: true })
    const wrong = archive.pushBlob('layout', { digest: blob.digest }, new TextEncoder().encode('wrong'))
    await expect(wrong).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
  }
  expect(await readdir(folder.path)).toEqual([])
})

test('who only reads changes nothing', async () => {
  await save(1, 'v1')
  await using archive = await tarLayout(file)
  await expect(archive.deleteTag('layout', 'v1')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await expect(archive.startUpload('layout')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})

test('an archive of docker save is a layout of its images', async () => {
  await writeFile(file, dockerArchive('team/app:v1'))
  await using archive = await tarLayout(file)
  expect(await listed(archive.tags('layout'))).toEqual(['v1'])
  const to = store()
  const from = { registry: archive, repository: 'layout', reference: 'v1' }
  expect(await copy(from, { registry: to, repository: 'app' })).toMatchObject({ manifests: 1, blobs: 3 })
})

test('its layers may be compressed, and lie behind links', async () => {
  const layer = tar({ hello: 'hello' })
  const config = json({
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [digest(layer)] },
  })
  const manifest = json([{ Config: 'config.json', RepoTags: null, Layers: ['layer.tar.gz'] }])
  const packed = gzipSync(layer)
  await writeFile(file, tar({ './config.json': config, 'layer.tar.gz': packed, 'manifest.json': manifest }))
  await using archive = await tarLayout(file)
  const [root] = await archive.roots()
  const found = await archive.getManifest('layout', root!.digest)
  const { layers } = JSON.parse(new TextDecoder().decode(found.bytes)) as { layers: { mediaType: string }[] }
  expect(layers).toMatchObject([
    { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest(packed), size: packed.length },
  ])
})

test.each([
  ['nonsense', Buffer.from('nonsense'.repeat(100)), 'it is something else'],
  ['a compressed archive', gzipSync(Buffer.alloc(4000, 'abc').map((_, i) => (i * 7919) % 251)), 'gunzip'],
  ['an archive of something else', tar({ a: 'b' }), 'neither an image layout nor'],
  ['a list of other things', tar({ 'manifest.json': '[{"Config":"a","Layers":[1]}]' }), 'neither an image'],
  ['half an archive', tar({ a: Buffer.alloc(5000) }).subarray(0, 2000), 'in the middle of a file'],
])('%s is refused with the reason', async (_, bytes, reason) => {
  await writeFile(file, bytes.length < 512 ? Buffer.concat([bytes, Buffer.alloc(512)]) : bytes)
  const opened = tarLayout(file).then((archive) => listed(archive.tags('layout')))
  await expect(opened).rejects.toThrow(reason)
  expect((await readFile(file)).length).toBeGreaterThan(0)
})

test('a file that is not there is told', async () => {
  await expect(tarLayout(folder.at('none.tar'))).rejects.toMatchObject({ code: 'NAME_UNKNOWN' })
})

test('blobs of sha512, whose names are long, come back from an archive, also through tar', async () => {
  const blob = await textOf('some blob', undefined, 'sha512')
  const layer = { ...descriptorOf(blob), mediaType: 'application/vnd.oci.image.layer.v1.tar' }
  const config = await textOf('{}', 'application/vnd.oci.image.config.v1+json')
  const image = await imageOf(config, [], { layers: [layer] }, 'sha512')
  {
    await using archive = await tarLayout(file, { write: true })
    for (const each of [blob, config]) await archive.pushBlob('layout', { digest: each.digest }, each.bytes)
    const how = { digest: image.digest, tags: ['v1'] }
    await archive.pushManifest('layout', image.bytes, image.mediaType, how)
  }
  await using archive = await tarLayout(file)
  expect((await archive.resolveManifest('layout', 'v1')).digest).toBe(image.digest)
  expect(await missingOf(archive, 'layout', { blobs: [blob, config], manifests: [image] })).toEqual([])
  const { status } = await run('tar', ['-xf', file, '-C', folder.path])
  expect(status).toBe(0)
  expect(await readFile(folder.at('blobs', blob.digest.replace(':', '/')), 'utf8')).toBe('some blob')
})
