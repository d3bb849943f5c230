import { describe, expect, test } from 'vitest'
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_MANIFEST,
  parseManifest,
  referrerOf,
} from '../../src/oci/index.ts'
import { descriptor, digestNo, encode, image, index } from './manifests.ts'

const view = (document: unknown, contentType: string | null = null) =>
  parseManifest(encode(document), contentType)

describe('the type of a manifest (image-spec, "mediaType")', () => {
  const untyped = { mediaType: undefined }
  const table: [string, unknown, string | null, string][] = [
    ['the body says it', image(), null, OCI_MANIFEST],
    ['both say it', index(), OCI_INDEX, OCI_INDEX],
    ['the header says it', image(untyped), OCI_MANIFEST, OCI_MANIFEST],
    ['the header says Docker', image(untyped), DOCKER_MANIFEST, DOCKER_MANIFEST],
    [
      'the header has parameters and capitals',
      image(),
      `${OCI_MANIFEST.toUpperCase()}; charset=utf-8`,
      OCI_MANIFEST,
    ],
    [
      'the header says nothing, the body does',
      index({ mediaType: DOCKER_LIST }),
      'application/json',
      DOCKER_LIST,
    ],
    ['nobody says it: manifests', index(untyped), 'text/plain', OCI_INDEX],
    ['nobody says it: config and layers', image(untyped), 'application/octet-stream', OCI_MANIFEST],
  ]
  for (const [name, document, contentType, expected] of table) {
    test(name, () => expect(view(document, contentType).mediaType).toBe(expected))
  }
})

describe('what a manifest refers to', () => {
  test('an image: its config and its layers, as blobs', () => {
    expect(view(image({ layers: [descriptor(2), descriptor(3)] })).references).toEqual([
      { digest: digestNo(1), size: 1, kind: 'blob', foreign: false },
      { digest: digestNo(2), size: 2, kind: 'blob', foreign: false },
      { digest: digestNo(3), size: 3, kind: 'blob', foreign: false },
    ])
  })

  test('an index: its children, and neither images nor children have to be', () => {
    expect(view(index()).references).toEqual([
      { digest: digestNo(3), size: 3, kind: 'child', foreign: false },
    ])
    expect(view(index({ manifests: [] })).references).toEqual([])
    expect(view(image({ layers: [] })).references.length).toBe(1)
  })

  test('a layer with urls is foreign, with an empty list it is not', () => {
    const layers = [descriptor(2, { urls: ['https://example.com/x'] }), descriptor(3, { urls: [] })]
    expect(view(image({ layers })).references.map(({ foreign }) => foreign)).toEqual([false, true, false])
  })

  test('each digest once, however often it is named', () => {
    const layers = Array.from({ length: 1000 }, () => descriptor(2))
    expect(view(image({ layers })).references.length).toBe(2)
  })

  test('a digest that is needed once is needed, also where it is named as foreign too', () => {
    const needed = descriptor(2)
    const foreign = descriptor(2, { urls: ['https://example.com/x'] })
    for (const layers of [
      [needed, foreign],
      [foreign, needed],
    ]) {
      const reference = view(image({ layers })).references.find(({ digest }) => digest === digestNo(2))
      expect(reference?.foreign).toBe(false)
    }
  })

  test('forty thousand layers', () => {
    const layers = Array.from({ length: 40_000 }, (_, i) => ({ ...descriptor(i + 2), size: 1 }))
    expect(view(image({ layers })).references.length).toBe(40_001)
  })

  test('an unknown algorithm in a descriptor does not spoil the manifest', () => {
    const layers = [descriptor(2, { digest: 'blake9:abc' })]
    expect(view(image({ layers })).references.at(-1)?.digest).toBe('blake9:abc')
  })

  test('the subject is no reference; null means none', () => {
    const subject = { ...descriptor(9), mediaType: OCI_MANIFEST }
    expect(view(image({ subject }))).toMatchObject({ subject: digestNo(9) })
    expect(view(image({ subject })).references.map(({ digest }) => digest)).not.toContain(digestNo(9))
    expect(view(image({ subject: null, annotations: null, artifactType: null }))).not.toHaveProperty(
      'subject',
    )
  })
})

describe('how a manifest is listed as a referrer (distribution-spec, "Listing Referrers")', () => {
  const listed = (document: unknown) => referrerOf(view(document), digestNo(7), 70)

  test('artifactType: its own, else that of the config, else (for an index) none', () => {
    const config = { mediaType: OCI_EMPTY, digest: digestNo(1), size: 2 }
    expect(listed(image({ artifactType: 'a/b', config })).artifactType).toBe('a/b')
    expect(listed(image({ artifactType: '', config })).artifactType).toBe(OCI_EMPTY)
    expect(listed(image()).artifactType).toBe(OCI_CONFIG)
    expect(listed(index({ artifactType: 'a/b' })).artifactType).toBe('a/b')
    expect(listed(index())).toEqual({ mediaType: OCI_INDEX, digest: digestNo(7), size: 70 })
  })

  test('all annotations, and no field for none', () => {
    expect(listed(image({ annotations: { a: 'b', c: '' } })).annotations).toEqual({ a: 'b', c: '' })
    expect(listed(image({ annotations: {} }))).not.toHaveProperty('annotations')
  })

  test('keys that every object has are annotations like others, and change no object', () => {
    const text = JSON.stringify(image()).replace(
      /}$/,
      ',"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},' +
        '"annotations":{"__proto__":"p","constructor":"c","toString":"t","lone":"\\ud800"}}',
    )
    const { annotations = {} } = listed(text)
    expect(Object.keys(annotations).sort()).toEqual(['__proto__', 'constructor', 'lone', 'toString'])
    expect(JSON.parse(JSON.stringify(annotations))).toEqual(annotations)
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
  })

  test('fields of the prototype are not taken for those of the manifest', () => {
    const text = '{"schemaVersion":2,"__proto__":{"manifests":[]}}'
    expect(() => view(text)).toThrow(/no mediaType/)
  })
})
