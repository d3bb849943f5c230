import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, parseManifest } from '../../src/oci/index.ts'
import { faultOf } from './fault.ts'
import { descriptor, encode, image, index } from './manifests.ts'

/** Name, document, where the fault is, and the Content-Type if there is one. */
const faults: [string, unknown, string | undefined, (string | null)?][] = [
  ['nothing', '', undefined],
  ['no JSON', '{', undefined],
  ['a number', 1, 'manifest'],
  ['null', null, 'manifest'],
  ['an array', [], 'manifest'],
  ['text after it', '{} {}', undefined],
  ['no schema version', image({ schemaVersion: undefined }), 'schemaVersion'],
  ['schema 1', { schemaVersion: 1, name: 'a', tag: 'b', fsLayers: [] }, 'schemaVersion'],
  ['a schema version that is a string', image({ schemaVersion: '2' }), 'schemaVersion'],
  ['a mediaType that is no string', image({ mediaType: 7 }), 'mediaType'],
  ['an unknown mediaType', image({ mediaType: 'application/vnd.acme+json' }), 'mediaType'],
  ['an unknown Content-Type', image({ mediaType: undefined }), 'mediaType', 'application/vnd.acme+json'],
  ['types that differ', image(), 'mediaType', OCI_INDEX],
  ['types of Docker and OCI that differ', image(), 'mediaType', DOCKER_MANIFEST],
  ['no type and no fields to tell it', { schemaVersion: 2 }, 'mediaType'],
  ['layers and manifests', image({ manifests: [] }), 'manifests'],
  ['layers and manifests, without a type', image({ mediaType: undefined, manifests: [] }), 'config'],
  ['an index with a config', index({ config: descriptor(1) }), 'config'],
  ['a list with layers', index({ mediaType: DOCKER_LIST, layers: [] }), 'layers'],
  ['no config', image({ config: undefined }), 'config'],
  ['a config that is null', image({ config: null }), 'config'],
  ['a config that is an array', image({ config: [] }), 'config'],
  ['no layers', image({ layers: undefined }), 'layers'],
  ['layers that are null', image({ layers: null }), 'layers'],
  ['layers that are an object', image({ layers: { length: 0 } }), 'layers'],
  ['a layer that is null', image({ layers: [descriptor(1), null] }), 'layers[1]'],
  ['a layer without a type', image({ layers: [descriptor(1, { mediaType: undefined })] }), 'layers[0]'],
  ['a layer with a bad type', image({ layers: [descriptor(1, { mediaType: 'x' })] }), 'layers[0]'],
  ['a layer with a bad digest', image({ layers: [descriptor(1, { digest: 'sha256:x' })] }), 'layers[0]'],
  ['a layer without a digest', image({ layers: [descriptor(1, { digest: undefined })] }), 'layers[0]'],
  ['a size below 0', image({ layers: [descriptor(1, { size: -1 })] }), 'layers[0]'],
  ['a size with a fraction', image({ layers: [descriptor(1, { size: 1.5 })] }), 'layers[0]'],
  ['a size that is a string', image({ layers: [descriptor(1, { size: '1' })] }), 'layers[0]'],
  ['a size that no number holds', image({ layers: [descriptor(1, { size: 2 ** 53 })] }), 'layers[0]'],
  ['no size', image({ layers: [descriptor(1, { size: undefined })] }), 'layers[0]'],
  ['no manifests', index({ manifests: undefined }), 'manifests'],
  ['a child that is a string', index({ manifests: ['x'] }), 'manifests[0]'],
  ['a subject that is a string', image({ subject: 'sha256:x' }), 'subject'],
  ['a subject without a digest', index({ subject: {} }), 'subject'],
  ['an artifactType that is a number', image({ artifactType: 1 }), 'artifactType'],
  ['an artifactType that is none', index({ artifactType: 'text' }), 'artifactType'],
  ['annotations that are an array', image({ annotations: [] }), 'annotations'],
  ['an annotation that is a number', image({ annotations: { a: 'b', c: 1 } }), 'annotations'],
  ['an annotation that is null', index({ annotations: { a: null } }), 'annotations'],
]

describe('a manifest is refused with the place of the fault (image-spec, manifest.md)', () => {
  for (const [name, document, path, contentType = null] of faults) {
    test(name, () => {
      const fault = faultOf(() => parseManifest(encode(document), contentType))
      expect(fault).toMatchObject({ code: 'MANIFEST_INVALID', status: 400 })
      expect(fault.detail).toEqual(path === undefined ? undefined : { path })
    })
  }

  test('bytes that are not UTF-8', () => {
    const bytes = encode(image({ annotations: { a: 'xx' } }))
    bytes[bytes.lastIndexOf(0x78)] = 0xff
    expect(faultOf(() => parseManifest(bytes, null)).code).toBe('MANIFEST_INVALID')
    expect(faultOf(() => parseManifest(new Uint8Array([0xef, 0xbb, 0xbf]), null)).code).toBe(
      'MANIFEST_INVALID',
    )
    expect(faultOf(() => parseManifest(new Uint8Array([0xff, 0xfe, 0x7b, 0]), null)).code).toBe(
      'MANIFEST_INVALID',
    )
  })

  test('nesting as deep as 4 MiB allow is an error or nothing, never a crash', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`
      expect(faultOf(() => parseManifest(encode(open.repeat(200_000)), null)).code).toBe('MANIFEST_INVALID')
      expect(faultOf(() => parseManifest(encode(deep), null)).code).toBe('MANIFEST_INVALID')
    }
  })

  test('an error repeats little of what was sent', () => {
    const long = `application/${'x'.repeat(1_000_000)}`
    const sent: [unknown, string | null][] = [
      [image({ mediaType: long }), null],
      [image({ mediaType: long }), OCI_MANIFEST],
      [image(), long],
      [image({ annotations: { [long]: 1 } }), null],
    ]
    for (const [document, contentType] of sent) {
      const fault = faultOf(() => parseManifest(encode(document), contentType))
      expect(JSON.stringify(fault.entries).length).toBeLessThan(2000)
    }
  })

  test('any JSON, and any change of a good manifest, is read or MANIFEST_INVALID', () => {
    const fields = ['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'subject', 'annotations']
    const spoilt = fc
      .tuple(fc.constantFrom(image(), index()), fc.constantFrom(...fields), fc.jsonValue())
      .map(([good, field, value]) => ({ ...good, [field]: value }))
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), spoilt), (document) => {
        try {
          parseManifest(encode(JSON.stringify(document)), null)
        } catch (error) {
          expect((error as { code?: string }).code).toBe('MANIFEST_INVALID')
        }
      }),
      { numRuns: 1000 },
    )
  })
})
