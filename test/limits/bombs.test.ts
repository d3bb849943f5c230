/** Manifests that are made to be expensive, or to mean two things: refused over HTTP, and the next request is served. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { digestOf, emptyIndex, INDEX } from '../server/http.ts'

const MiB = 2 ** 20
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

let registry: ListeningRegistry
beforeAll(async () => {
  registry = await listen({ sparse: true })
})
afterAll(() => registry?.close())

const put = async (body: string | Uint8Array<ArrayBuffer>, type = INDEX) => {
  const response = await registry.fetch('/v2/a/manifests/bomb', {
    method: 'PUT',
    headers: { 'content-type': type },
    body,
  })
  const text = await response.text()
  return [response.status, text && (JSON.parse(text) as { errors: { code: string }[] }).errors[0]?.code]
}
const REFUSED = [400, 'MANIFEST_INVALID']
const within = (inside: string) => emptyIndex('x').replace('"manifests"', () => `"x":${inside},"manifests"`)

test.each([
  ['arrays', '[', ']'],
  ['objects', '{"a":', '}'],
])('depth: %s in each other by the hundred thousand, alone and within a manifest', async (_, open, close) => {
  const deep = `${open.repeat(300_000)}1${close.repeat(300_000)}`
  expect(await put(deep)).toEqual(REFUSED)
  expect(await put(open.repeat(500_000))).toEqual(REFUSED)
  // What a runtime cannot read is refused; what it can is a field that nobody reads.
  expect([[201, ''], REFUSED]).toContainEqual(await put(within(deep)))
})

test('size: a manifest beyond the limit is 413, be it one text, one number or white space', async () => {
  for (const piece of ['"x"'.padEnd(5 * MiB), `"${'x'.repeat(5 * MiB)}"`, '1'.repeat(5 * MiB)])
    expect(await put(within(piece))).toEqual([413, 'SIZE_INVALID'])
})

test('number: as many layers, annotations and children as fit are read in a moment', async () => {
  const blob = { mediaType: 'a/b', digest: digestOf('x'), size: 1 }
  const layers = `[${Array(25_000).fill(JSON.stringify(blob)).join(',')}]`
  const image = `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}","config":${JSON.stringify(blob)},"layers":${layers}}`
  const annotations = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key-${i}`, 'x']))
  const start = performance.now()
  expect(await put(image, OCI_MANIFEST)).toEqual([201, ''])
  expect(await put(emptyIndex('x', { annotations }))).toEqual([201, ''])
  expect(await put(within(`[${'"\\\\\\"",'.repeat(300_000)}1]`))).toEqual([201, ''])
  expect(performance.now() - start).toBeLessThan(10_000)
})

test('duplicate keys: in the manifest and in all that is read of it', async () => {
  const descriptor = `{"mediaType":"a/b","digest":"${digestOf('x')}","size":1}`
  const image = (config: string, layer: string, more = '') =>
    `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}","config":${config},"layers":[${layer}]${more}}`
  const twice = descriptor.replace('{', `{"digest":"${digestOf('y')}",`)
  expect(await put(image(descriptor, descriptor), OCI_MANIFEST)).toEqual([201, ''])
  for (const document of [
    image(twice, descriptor),
    image(descriptor, twice),
    image(descriptor, descriptor, `,"subject":${twice}`),
    image(descriptor, descriptor, ',"annotations":{"a":"b","a":"c"}'),
    image(descriptor, descriptor, ',"layers":[]'),
    image(descriptor, descriptor, `,"\\u006dediaType":"${OCI_MANIFEST}"`),
  ])
    expect(await put(document, OCI_MANIFEST), document).toEqual(REFUSED)
})

test('other encodings: UTF-16, a byte order mark, compression, and none', async () => {
  const text = emptyIndex('x')
  for (const body of [
    new Uint8Array(Buffer.from(text, 'utf16le')),
    new Uint8Array(Buffer.from(`\ufeff${text}`)),
    new Uint8Array([0x1f, 0x8b, 8, 0]),
    new Uint8Array(),
  ])
    expect(await put(body)).toEqual(REFUSED)
})
