/** Files become artifacts and artifacts files, in any registry; without a file system. */

import { describe, expect, test } from 'vitest'
import {
  type ArtifactFolder,
  isInnerPath,
  type NamedLayer,
  packArtifact,
  pullArtifact,
  pushArtifact,
  readArtifact,
} from '../../src/artifact/index.ts'
import type { Progress } from '../../src/transfer/index.ts'
import { listed } from '../transfer/images.ts'
import { newStore, pushRaw, rawFile, textFile } from './stage.ts'

/** A folder that is a map. */
function folderOf(files: Map<string, string> = new Map()): ArtifactFolder & { files: Map<string, string> } {
  return {
    files,
    has: async ({ title }: NamedLayer) => files.has(title),
    async stage({ title }, body, { passed }) {
      const chunks: Uint8Array[] = []
      for await (const chunk of body) {
        await passed(chunk)
        chunks.push(chunk)
      }
      const text = await new Blob(chunks as Uint8Array<ArrayBuffer>[]).text()
      return { size: text.length, keep: async () => void files.set(title, text), drop: async () => {} }
    },
  }
}

const at = (reference = 'v1') => ({ registry: newStore(), repository: 'files', reference })

describe('an artifact', () => {
  test('has the files as layers with names, an empty configuration and facts, and always the same digest', async () => {
    const files = [textFile('b.txt', 'two'), textFile('a/c.json', '{}', { annotations: { z: '1', b: '2' } })]
    const about = { artifactType: 'example/report', annotations: { y: '1', x: '2' } }
    const packed = await packArtifact(files, about)
    const { bytes } = await packed.registry.getManifest('', packed.reference)
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'example/report',
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        size: 2,
        data: 'e30=',
      },
      layers: [
        {
          mediaType: 'text/plain',
          digest: 'sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3',
          size: 3,
          annotations: { 'org.opencontainers.image.title': 'b.txt' },
        },
        {
          mediaType: 'text/plain',
          digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
          size: 2,
          annotations: { b: '2', 'org.opencontainers.image.title': 'a/c.json', z: '1' },
        },
      ],
      annotations: { x: '2', y: '1' },
    })
    const again = await packArtifact(files, { ...about, annotations: { x: '2', y: '1' } })
    expect(again.descriptor).toEqual(packed.descriptor)
  })

  test('is pushed, read and pulled, also with empty files and with the same bytes twice', async () => {
    const place = at()
    const files = [textFile('a', 'same'), textFile('b/c', 'same'), textFile('empty', '')]
    const pushed = await pushArtifact(place, files, { tags: ['latest'] })
    expect(pushed).toMatchObject({ tags: ['v1', 'latest'], manifests: 1, blobs: 3 })
    expect(pushed.artifactType).toBe('application/vnd.unknown.artifact.v1')
    const { layers } = await readArtifact(place)
    expect(layers.map(({ title }) => title)).toEqual(['a', 'b/c', 'empty'])
    const folder = folderOf()
    const pulled = await pullArtifact(place, folder)
    expect([...folder.files].sort()).toEqual([
      ['a', 'same'],
      ['b/c', 'same'],
      ['empty', ''],
    ])
    expect(pulled.files.map(({ state }) => state)).toEqual(['pulled', 'pulled', 'pulled'])
  })

  test('is pushed once: what is there is not sent again, and of what is there nothing is pulled', async () => {
    const place = at()
    await pushArtifact(place, [textFile('a', 'one')])
    const told: Progress[] = []
    const both = [textFile('a', 'one'), textFile('b', 'two')]
    const pushed = await pushArtifact(place, both, { onProgress: (each) => told.push(each) })
    expect(pushed).toMatchObject({ blobs: 1, bytes: 3 })
    expect(told.filter(({ state }) => state === 'found')).toHaveLength(3)
    const folder = folderOf(new Map([['a', 'mine']]))
    const pulled = await pullArtifact(place, folder)
    expect(pulled.files.map(({ state }) => state)).toEqual(['there', 'pulled'])
    expect([...folder.files.values()]).toEqual(['mine', 'two'])
  })

  test('without files has the empty layer; such layers, and others without a name, are not pulled', async () => {
    const place = at()
    await pushArtifact(place, [], { annotations: { tested: 'yes' } })
    expect(await readArtifact(place)).toMatchObject({ layers: [], annotations: { tested: 'yes' } })
    await expect(pullArtifact(place, folderOf())).rejects.toThrow('there are no files in it')
    await pushArtifact(place, [textFile('a', 'one'), { open: () => new Blob(['nameless']).stream() }])
    const folder = folderOf()
    await pullArtifact(place, folder)
    expect([...folder.files.keys()]).toEqual(['a'])
  })

  test('with a subject is one of its referrers, with its own type and facts', async () => {
    const place = at()
    const { descriptor } = await pushArtifact(place, [textFile('a', 'one')])
    const to = { registry: place.registry, repository: 'files' }
    const about = { artifactType: 'example/sbom', annotations: { by: 'ann' }, subject: descriptor }
    const attached = await pushArtifact(to, [textFile('s', 'sbom')], about)
    const found = await listed(place.registry.referrers('files', descriptor.digest))
    expect(found.map((each) => each.descriptor)).toEqual([
      { ...attached.descriptor, artifactType: 'example/sbom', annotations: { by: 'ann' } },
    ])
    expect(attached.tags).toEqual([])
  })
})

test.each([
  [[textFile('../a', '')], {}, 'is no name for a file that others pull'],
  [[textFile('/a', '')], {}, 'is no name for a file that others pull'],
  [[textFile('a', ''), textFile('a', '')], {}, 'two files are called "a"'],
  [[textFile('a', '', { mediaType: 'text' })], {}, '"text" is no media type'],
  [[], { artifactType: 'sbom' }, '"sbom" is no media type'],
])('files %# cannot be an artifact', async (files, about, message) => {
  await expect(packArtifact(files, about)).rejects.toThrow(message)
})

test('a file that becomes another one while it is pushed is not pushed', async () => {
  let opened = 0
  const place = at()
  const changing = { title: 'log', open: () => new Blob([`line ${++opened}`]).stream() }
  await expect(pushArtifact(place, [changing], { tries: 1 })).rejects.toMatchObject({
    code: 'DIGEST_INVALID',
  })
  await expect(readArtifact(place)).rejects.toMatchObject({ status: 404 })
})

test('what comes wrong gets no name, and what comes right the next time does', async () => {
  const place = at()
  await pushArtifact(place, [textFile('a', 'right')])
  let asked = 0
  const registry = {
    ...place.registry,
    async getBlob(...args: Parameters<typeof place.registry.getBlob>) {
      const content = await place.registry.getBlob(...args)
      return { ...content, stream: () => (++asked === 1 ? new Blob(['wrong']).stream() : content.stream()) }
    },
  }
  const folder = folderOf()
  await expect(pullArtifact({ ...place, registry }, folder, { tries: 1 })).rejects.toMatchObject({
    code: 'DIGEST_INVALID',
  })
  expect(folder.files.size).toBe(0)
  asked = 0
  await pullArtifact({ ...place, registry }, folder)
  expect(folder.files.get('a')).toBe('right')
})

test('of what never ends, no more is read than there should be', async () => {
  const place = at()
  await pushArtifact(place, [textFile('a', 'right')])
  let given = 0
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        given++
        controller.enqueue(new Uint8Array(3))
      },
    })
  const registry = {
    ...place.registry,
    async getBlob(...args: Parameters<typeof place.registry.getBlob>) {
      return { ...(await place.registry.getBlob(...args)), stream: endless }
    },
  }
  await expect(pullArtifact({ ...place, registry }, folderOf(), { tries: 1 })).rejects.toMatchObject({
    code: 'DIGEST_INVALID',
  })
  expect(given).toBeLessThan(10)
})

test('an index is not pulled, nor two files of one name', async () => {
  const place = at()
  const index = new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}')
  await place.registry.pushManifest('files', index, '', { tags: ['v1'] })
  await expect(pullArtifact(place, folderOf())).rejects.toThrow('this is an index of several')
  await pushRaw(place.registry, 'twice', [rawFile('a', 'one'), rawFile('a', 'two')])
  const raw = { registry: place.registry, repository: 'raw' }
  await expect(pullArtifact({ ...raw, reference: 'twice' }, folderOf())).rejects.toThrow(
    'two of its files are called "a"',
  )
})

test.each([
  ['a', true, true],
  ['a/b c/ü.txt', true, true],
  ['..a/b..', true, false],
  ['', false, false],
  ['/a', false, false],
  ['a//b', false, false],
  ['a/', false, false],
  ['./a', false, false],
  ['a/../b', false, false],
  ['..', false, false],
  ['a\nb', false, false],
  ['a\u001b[2Jb', false, false],
  ['a\u202etxt.exe', false, false],
  ['a\0', false, false],
  ['x'.repeat(5000), false, false],
  ['a\\..\\b', true, false],
  ['C:a', true, false],
  ['con', true, false],
  ['dir/NUL.txt', true, false],
  ['com1', true, false],
  ['console', true, true],
  ['a/b.', true, false],
])('the path %j is an inner one: %s, on Windows: %s', (path, isInner, onWindows) => {
  expect([isInnerPath(path), isInnerPath(path, { windows: true })]).toEqual([isInner, onWindows])
})
