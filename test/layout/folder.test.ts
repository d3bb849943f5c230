/** Layouts in folders: what others write, and what others would lose. */

import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { folderLayout, folderLayouts, type OpenLayout } from '../../adapters/layout/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { findLayout } from '../../src/layout/index.ts'
import { descriptorOf, indexOf, type Sample, textOf } from '../../src/testing/registry/samples.ts'
import { copy } from '../../src/transfer/index.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { fill, listed, makeImage, missingOf } from '../transfer/images.ts'

const REF_NAME = 'org.opencontainers.image.ref.name'

let folder: Folder
let layout: OpenLayout

beforeEach(async () => {
  folder = await temporaryFolder()
  layout = folderLayout(folder.path)
})
afterEach(async () => {
  await layout.close()
  await folder.remove()
})

interface Index {
  manifests: { digest: string; annotations?: Record<string, string> }[]
  [field: string]: unknown
}
const readIndex = async (): Promise<Index> =>
  JSON.parse(await readFile(folder.at('index.json'), 'utf8')) as Index
const writeIndex = (index: Index) => writeFile(folder.at('index.json'), JSON.stringify(index))
const put = (index: Sample, ...tags: string[]) =>
  layout.pushManifest('layout', index.bytes, index.mediaType, { tags })

test('an image copied into it is a layout by the book', async () => {
  const image = await makeImage(1)
  const store = createStore({ storage: memory() })
  await fill(store, 'app', image)
  const from = { registry: store, repository: 'app', reference: 'v1' }
  await copy(from, { registry: layout, repository: 'layout' }, { referrers: true })
  expect(await readFile(folder.at('oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}')
  const { manifests, schemaVersion } = await readIndex()
  expect(schemaVersion).toBe(2)
  // The images are in the index, so only that is listed, beside what refers to it.
  expect(manifests.map(({ digest }) => digest).sort()).toEqual(
    [image.index, ...image.referrers].map(({ digest }) => digest).sort(),
  )
  expect(manifests[0]?.annotations).toEqual({ [REF_NAME]: 'v1' })
  const whole = { blobs: image.blobs, manifests: [...image.images, image.index, ...image.referrers] }
  expect(await missingOf(layout, 'layout', whole)).toEqual([])
  const found = await listed(layout.referrers('layout', image.index.digest))
  expect(found.map(({ descriptor }) => descriptor.digest)).toEqual([image.referrers[0]!.digest])
  const back = createStore({ storage: memory() })
  const source = { registry: layout, repository: 'layout', reference: 'v1' }
  await copy(source, { registry: back, repository: 'app' }, { referrers: true })
  expect(await missingOf(back, 'app', whole)).toEqual([])
  await layout.close()
  expect((await readdir(folder.path)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
})

test('docker 1.12a: what others have written is seen, and kept', async () => {
  const [one, two, three] = await Promise.all(
    ['1', '2', '3'].map((no) => indexOf([], { annotations: { no } })),
  )
  await put(one!, 'one')
  const other = folderLayout(folder.path)
  await other.pushManifest('layout', two!.bytes, two!.mediaType, { tags: ['two'] })
  expect(await listed(layout.tags('layout'))).toEqual(['one', 'two'])
  await put(three!, 'three')
  expect(await listed(other.tags('layout'))).toEqual(['one', 'three', 'two'])
  await other.close()
})

test('of many that write at once nobody loses anything', async () => {
  const writers = [0, 1, 2].map(() => folderLayout(folder.path))
  await Promise.all(
    Array.from({ length: 15 }, async (_, no) => {
      const index = await indexOf([], { annotations: { no: String(no) } })
      await writers[no % 3]!.pushManifest('layout', index.bytes, index.mediaType, { tags: [`t${no}`] })
    }),
  )
  expect(await listed(layout.tags('layout'))).toHaveLength(15)
  for (const writer of writers) await writer.close()
})

test('a lock that a killed process has left is taken over', async () => {
  await put(await indexOf([]), 'one')
  await writeFile(folder.at('.ocikit', 'lock'), '')
  const past = new Date(Date.now() - 60_000)
  await utimes(folder.at('.ocikit', 'lock'), past, past)
  await put(await indexOf([], { annotations: { no: '2' } }), 'two')
  expect(await listed(layout.tags('layout'))).toEqual(['one', 'two'])
})

test('what is verified at the end of an upload is what is kept, whoever else writes to it', async () => {
  const blob = await textOf('some blob')
  const { id } = await layout.startUpload('layout')
  await layout.writeUpload('layout', id, blob.bytes)
  const finishing = layout.finishUpload('layout', id, blob.digest)
  const also = { code: 'RANGE_INVALID' }
  await expect(layout.writeUpload('layout', id, blob.bytes)).rejects.toMatchObject(also)
  await expect(layout.cancelUpload('layout', id)).rejects.toMatchObject(also)
  expect((await finishing).size).toBe(blob.bytes.length)
  const content = await layout.getBlob('layout', blob.digest)
  expect(await content.bytes()).toEqual(blob.bytes)
})

test('uploads that nobody goes on with are removed after a day, also when the process is the same', async () => {
  const { id } = await layout.startUpload('layout')
  await put(await indexOf([]), 'one')
  expect((await layout.uploadStatus('layout', id)).offset).toBe(0)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * 60 * 60 * 1000 })
  try {
    await put(await indexOf([], { annotations: { no: '2' } }), 'two')
  } finally {
    vi.useRealTimers()
  }
  await expect(layout.uploadStatus('layout', id)).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' })
})

test('who could not write once can when that is mended', async () => {
  await writeFile(folder.at('.ocikit'), 'in the way')
  await expect(put(await indexOf([]), 'one')).rejects.toMatchObject({ code: 'EEXIST' })
  await rm(folder.at('.ocikit'))
  await put(await indexOf([]), 'one')
  expect(await listed(layout.tags('layout'))).toEqual(['one'])
})

test('who only reads leaves what others need to write', async () => {
  await put(await indexOf([]), 'one')
  await layout.close()
  await mkdir(folder.at('.ocikit'))
  const reading = folderLayout(folder.path)
  expect(await listed(reading.tags('layout'))).toEqual(['one'])
  await reading.close()
  expect(await readdir(folder.path)).toContain('.ocikit')
})

test('a recursive copy mends a blob that was cut short', async () => {
  const image = await makeImage(1)
  const store = createStore({ storage: memory() })
  await fill(store, 'app', image)
  const from = { registry: store, repository: 'app', reference: 'v1' }
  const to = { registry: layout, repository: 'layout' }
  await copy(from, to)
  const blob = image.blobs[0]!
  await truncate(folder.at('blobs', blob.digest.replace(':', '/')), 1)
  expect(await copy(from, to, { recursive: true })).toMatchObject({ blobs: 1 })
  expect(await missingOf(layout, 'layout', { blobs: [blob] })).toEqual([])
})

test('docker 1.12b: blobs can be deleted', async () => {
  const blob = await textOf('some blob')
  await layout.pushBlob('layout', { digest: blob.digest }, blob.bytes)
  await put(await indexOf([]), 'one')
  await layout.deleteBlob('layout', blob.digest)
  expect(await readdir(folder.at('blobs', 'sha256'))).toHaveLength(1)
  await expect(layout.deleteBlob('layout', blob.digest)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
})

test('docker 1.12e: a name that two manifests have is an error of that name only', async () => {
  const [one, two] = await Promise.all(['1', '2'].map((no) => indexOf([], { annotations: { no } })))
  await put(one!, 'same', 'one')
  await put(two!, 'two')
  const index = await readIndex()
  index.manifests.push({ ...descriptorOf(two!), annotations: { [REF_NAME]: 'same' } })
  await writeIndex(index)
  await expect(layout.getManifest('layout', 'same')).rejects.toThrow(
    '2 manifests of the layout are called same',
  )
  expect((await layout.resolveManifest('layout', 'one')).digest).toBe(one!.digest)
  expect(await listed(layout.tags('layout'))).toEqual(['one', 'same', 'two'])
  await put(one!, 'same')
  expect((await layout.resolveManifest('layout', 'same')).digest).toBe(one!.digest)
})

test('docker 1.12f: fields that are not known stay, of the index and of its entries', async () => {
  const one = await indexOf([])
  await put(one, 'one')
  const index = await readIndex()
  index['x-owner'] = { team: 'a' }
  index.manifests[0] = { ...index.manifests[0]!, 'x-note': [1] } as Index['manifests'][0]
  index.manifests.push({ 'x-strange': true } as unknown as Index['manifests'][0])
  await writeIndex(index)
  await put(await indexOf([], { annotations: { no: '2' } }), 'one', 'two')
  const after = await readIndex()
  expect(after['x-owner']).toEqual({ team: 'a' })
  expect(after.manifests[0]).toMatchObject({ digest: one.digest, 'x-note': [1] })
  expect(after.manifests[0]?.annotations).toBeUndefined()
  expect(after.manifests).toContainEqual({ 'x-strange': true })
  expect((await layout.getManifest('layout', one.digest)).descriptor.digest).toBe(one.digest)
})

test('names that are whole references have the tag in them; a damaged manifest is none', async () => {
  const one = await indexOf([])
  await put(one)
  const index = await readIndex()
  index.manifests[0]!.annotations = { [REF_NAME]: 'docker.io/library/app:v7' }
  await writeIndex(index)
  expect((await layout.resolveManifest('layout', 'v7')).digest).toBe(one.digest)
  await writeFile(folder.at('blobs', one.digest.replace(':', '/')), '{}')
  await expect(layout.getManifest('layout', 'v7')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
})

test('an index.json that is none is told; another repository is unknown', async () => {
  await put(await indexOf([]), 'one')
  await expect(listed(layout.tags('other'))).rejects.toMatchObject({ code: 'NAME_UNKNOWN' })
  await writeFile(folder.at('index.json'), 'nonsense')
  await expect(listed(layout.tags('layout'))).rejects.toThrow('is not JSON')
  await rm(folder.at('index.json'))
  await expect(listed(layout.tags('layout'))).rejects.toThrow('there is no layout here')
})

test('a folder of layouts keeps their blobs apart, and no name leads into them', async () => {
  const registry = folderLayouts(folder.path)
  const { digest } = await indexOf([])
  for (const name of ['app/blobs', 'app/index.json', 'oci-layout', '../app']) {
    await expect(registry.startUpload(name)).rejects.toMatchObject({ code: 'NAME_INVALID' })
    const mounting = registry.mountBlob(name, digest, { from: 'app' })
    await expect(mounting).rejects.toMatchObject({ code: 'NAME_INVALID' })
  }
  await registry.close()
})

test.each([
  ['folder', ['folder'], { path: 'folder' }],
  ['folder:v1', ['folder'], { path: 'folder', reference: 'v1' }],
  ['new:v1', [], { path: 'new', reference: 'v1' }],
  ['a:b', ['a:b'], { path: 'a:b' }],
  ['a:b:v1', ['a:b'], { path: 'a:b', reference: 'v1' }],
  ['C:/images/app', [], { path: 'C:/images/app' }],
  ['./x@sha256:0', [], { path: './x@sha256', reference: '0' }],
  [`x:v1@sha256:${'a'.repeat(64)}`, ['x'], { path: 'x', reference: `sha256:${'a'.repeat(64)}` }],
])('%s is split where the path ends', async (text, there, expected) => {
  expect(await findLayout(text, async (path) => there.includes(path))).toEqual(expected)
})

test('a blob with wrong bytes ends in an error, and not with its last bytes', async () => {
  const blob = await textOf('x'.repeat(600_000))
  await layout.pushBlob('layout', { digest: blob.digest }, blob.bytes)
  await put(await indexOf([]), 'one')
  await writeFile(folder.at('blobs', blob.digest.replace(':', '/')), `${'x'.repeat(599_999)}y`)
  const content = await layout.getBlob('layout', blob.digest)
  let length = 0
  const reading = (async () => {
    for await (const chunk of content.stream()) length += chunk.length
  })()
  await expect(reading).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
  expect(length).toBeLessThan(600_000)
  const part = await layout.getBlob('layout', blob.digest, { range: { first: 0, last: 9 } })
  expect(new TextDecoder().decode(await part.bytes())).toBe('x'.repeat(10))
})
