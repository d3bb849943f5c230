/**
 * What a manifest refers to has to be there, with the exceptions that clients rely on.
 * @module
 */

import { OCI_INDEX, OCTET_STREAM } from '../../oci/index.ts'
import { configOf, descriptorOf, imageOf, indexOf, manifestOf, type Sample, textOf } from './samples.ts'
import type { RegistryTests, Scope } from './scope.ts'

/** Missing references, and those that need not be there. */
export const referenceTests: RegistryTests = {
  'references: a missing config': async (scope) => {
    const config = await configOf(scope.id)
    const layer = await scope.push(await scope.blob())
    await expectMissing(scope, await imageOf(config, [layer]), [config])
  },

  'references: a missing layer': async (scope) => {
    const config = await scope.push(await configOf(scope.id))
    const layer = await scope.blob()
    await expectMissing(scope, await imageOf(config, [layer]), [layer])
  },

  'references: all that is missing, each once': async (scope) => {
    const config = await configOf(scope.id)
    const here = await scope.push(await scope.blob('here'))
    const [one, two] = [await scope.blob('one'), await scope.blob('two')]
    await expectMissing(scope, await imageOf(config, [one, here, two, one]), [config, one, two])
  },

  'references: a missing blob by sha512': async (scope) => {
    const config = await scope.push(await configOf(scope.id))
    const layer = await textOf(scope.id, OCTET_STREAM, 'sha512')
    await expectMissing(scope, await imageOf(config, [layer]), [layer])
  },

  'references: a missing child of an index': async (scope) => {
    const child = await indexOf([], { annotations: { id: scope.id } })
    await expectMissing(scope, await indexOf([child]), [child])
    await scope.put(child)
    await scope.put(await indexOf([child]), ['latest'])
  },

  'references: what another repository has is missing here': async (scope) => {
    const config = await scope.push(await configOf(scope.id), scope.other)
    await expectMissing(scope, await imageOf(config, []), [config])
    const child = await scope.pushIndex([], {}, scope.other)
    await expectMissing(scope, await indexOf([child]), [child])
  },

  'references: a child of an index may be a blob': async ({ push, blob, put, expectManifest }) => {
    const index = await indexOf([await push(await blob())])
    await put(index, ['cache'])
    await expectManifest('cache', index)
  },

  'references: a layer with urls need not be there': async (scope) => {
    const { put, push, blob, id, expectManifest } = scope
    const config = await push(await configOf(id))
    const layer = { ...descriptorOf(await blob()), urls: ['https://example.org/layer'] }
    const image = await imageOf(config, [], { layers: [layer] })
    await put(image, ['latest'])
    await expectManifest('latest', image)
  },

  'references: the subject of an image need not be there': async ({ pushImage, blob, expectManifest }) => {
    const subject = descriptorOf({ ...(await blob()), mediaType: OCI_INDEX })
    const { image } = await pushImage(['latest'], { subject })
    await expectManifest('latest', image)
  },

  'references: the subject of an index need not be there': async ({ pushIndex, blob, expectManifest }) => {
    const subject = descriptorOf({ ...(await blob()), mediaType: OCI_INDEX })
    await expectManifest('latest', await pushIndex(['latest'], { subject }))
  },

  'references: an image of no layers, and an index of no children': async ({ put, push, id, pushIndex }) => {
    const config = await push(await configOf(id))
    await put(await imageOf(config, []), ['image'])
    await pushIndex(['index'])
  },

  'references: a digest of an unknown algorithm is missing': async (scope) => {
    const digest = `blake3:${'a'.repeat(64)}` as const
    const child = { mediaType: OCI_INDEX, digest, size: 1 }
    const index = await manifestOf({ mediaType: OCI_INDEX, manifests: [child] }, OCI_INDEX)
    await expectMissing(scope, index, [{ ...index, digest }])
  },
}

/** Expects a refusal that tells exactly these, and that nothing was stored. */
async function expectMissing(scope: Scope, manifest: Sample, missing: readonly Sample[]): Promise<void> {
  const { put, expectCode, expectNoManifest, expect } = scope
  const error = await expectCode(put(manifest, ['latest']), 'MANIFEST_BLOB_UNKNOWN')
  const told = error.entries.map((entry) => (entry.detail as { digest: string } | undefined)?.digest)
  expect(told).toEqual(missing.map((each) => each.digest))
  expect(error.entries.every((entry) => entry.code === 'MANIFEST_BLOB_UNKNOWN')).toBe(true)
  await expectNoManifest(manifest.digest)
  await expectNoManifest('latest')
}
