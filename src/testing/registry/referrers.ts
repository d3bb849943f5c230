/**
 * Referrers: what is about a manifest.
 * @module
 */

import type { Digest } from '../../oci/index.ts'
import { OCI_CONFIG, OCI_INDEX } from '../../oci/index.ts'
import { descriptorOf, type Sample } from './samples.ts'
import { all, type RegistryTests, type Scope } from './scope.ts'

const SBOM = 'application/vnd.example.sbom+json'
const SIGNATURE = 'application/vnd.example.signature'

/** Filters, cursors and deletes. */
export const referrerTests: RegistryTests = {
  'referrers: an entry is the descriptor with type and annotations': async (scope) => {
    const { registry, repo, pushIndex, expect } = scope
    const subject = await pushIndex(['subject'])
    const it = await attach(scope, subject, SBOM)
    const [entry, ...more] = await all(registry.referrers(repo, subject.digest))
    expect(more).toEqual([])
    const annotations = { 'org.example.id': scope.id, type: SBOM }
    expect(entry?.descriptor).toEqual({ ...descriptorOf(it), artifactType: SBOM, annotations })
  },

  'referrers: an image without a type of its own has that of its config': async (scope) => {
    const { registry, repo, pushIndex, pushImage, expect } = scope
    const subject = await pushIndex(['subject'])
    await pushImage([], { subject: descriptorOf(subject) })
    const [entry] = await all(registry.referrers(repo, subject.digest))
    expect(entry?.descriptor.artifactType).toBe(OCI_CONFIG)
  },

  'referrers: an index without a type has none': async (scope) => {
    const { registry, repo, pushIndex, expect } = scope
    const subject = await pushIndex(['subject'])
    await pushIndex([], { subject: descriptorOf(subject), annotations: undefined })
    const [entry] = await all(registry.referrers(repo, subject.digest))
    expect(Object.hasOwn(entry!.descriptor, 'artifactType')).toBe(false)
    expect(Object.hasOwn(entry!.descriptor, 'annotations')).toBe(false)
  },

  'referrers: the push tells its subject': async ({ pushIndex, put, expect }) => {
    const subject = await pushIndex(['subject'])
    const it = await pushIndex([], { subject: descriptorOf(subject) })
    expect((await put(it)).subject).toBe(subject.digest)
  },

  'referrers: of what nobody refers to there are none': async ({
    registry,
    repo,
    other,
    pushIndex,
    expect,
  }) => {
    const { digest } = await pushIndex(['subject'])
    expect(await all(registry.referrers(repo, digest))).toEqual([])
    expect(await all(registry.referrers(other, digest))).toEqual([])
    expect(await all(registry.referrers(repo, digest, { artifactTypes: [SBOM] }))).toEqual([])
  },

  'referrers: of a subject that is not there yet, and after it is': async (scope) => {
    const { registry, repo, blob, pushIndex, put, expect } = scope
    const absent = { ...(await blob()), mediaType: OCI_INDEX }
    const it = await attach(scope, absent, SBOM)
    expect(await digests(scope, absent.digest)).toEqual([it.digest])
    const subject = await pushIndex(['subject'])
    const its = await attach(scope, subject, SBOM)
    await registry.deleteManifest(repo, subject.digest)
    expect(await digests(scope, subject.digest)).toEqual([its.digest])
    await put(subject)
    expect(await digests(scope, subject.digest)).toEqual([its.digest])
  },

  'referrers: filters are a union, and say that they were applied': async (scope) => {
    const { registry, repo, pushIndex, expect } = scope
    const subject = await pushIndex(['subject'])
    const sbom = await attach(scope, subject, SBOM)
    const signature = await attach(scope, subject, SIGNATURE)
    const other = await attach(scope, subject, 'application/vnd.example.other')
    const list = async (...artifactTypes: string[]) => {
      const entries = await all(registry.referrers(repo, subject.digest, { artifactTypes }))
      expect(entries.every((entry) => entry.filtered)).toBe(true)
      return entries.map((entry) => entry.descriptor.digest).sort()
    }
    expect(await list(SBOM)).toEqual([sbom.digest])
    expect(await list(SBOM, SIGNATURE)).toEqual([sbom.digest, signature.digest].sort())
    expect(await list(SBOM, SBOM, 'a/b')).toEqual([sbom.digest])
    expect(await list('a/b')).toEqual([])
    expect(await digests(scope, subject.digest)).toEqual([sbom.digest, signature.digest, other.digest].sort())
  },

  'referrers: a cursor goes on behind its entry': async (scope) => {
    const { registry, repo, pushIndex, expect } = scope
    const subject = await pushIndex(['subject'])
    for (let i = 0; i < 6; i++) await attach(scope, subject, i % 2 ? SBOM : SIGNATURE, String(i))
    for (const filter of [{}, { artifactTypes: [SBOM] }, { artifactTypes: [SBOM, SIGNATURE] }]) {
      const whole = (await all(registry.referrers(repo, subject.digest, filter))).map(digestOf)
      for (let after: string | undefined, i = 0; i < whole.length; i++) {
        const options = { ...filter, ...(after === undefined ? {} : { after }) }
        const rest = await all(registry.referrers(repo, subject.digest, options))
        expect(rest.map(digestOf)).toEqual(whole.slice(i))
        after = rest[0]!.cursor
      }
    }
  },

  'referrers: each once, however often it was pushed': async (scope) => {
    const subject = await scope.pushIndex(['subject'])
    const it = await attach(scope, subject, SBOM)
    await scope.put(it, ['one', 'two'])
    await scope.put(it)
    scope.expect(await digests(scope, subject.digest)).toEqual([it.digest])
  },

  'referrers: many at once are all kept': async (scope) => {
    const subject = await scope.pushIndex(['subject'])
    const several = await Promise.all(
      Array.from({ length: 12 }, (_, i) => attach(scope, subject, SBOM, String(i))),
    )
    scope.expect(await digests(scope, subject.digest)).toEqual(several.map((each) => each.digest).sort())
  },

  'referrers: a deleted one is gone, one without its tag is not': async (scope) => {
    const { registry, repo, pushIndex, put, expect } = scope
    const subject = await pushIndex(['subject'])
    const kept = await attach(scope, subject, SBOM)
    await put(kept, ['kept'])
    const gone = await attach(scope, subject, SIGNATURE)
    await registry.deleteTag(repo, 'kept')
    await registry.deleteManifest(repo, gone.digest)
    expect(await digests(scope, subject.digest)).toEqual([kept.digest])
  },
}

/** Pushes a manifest about `subject`. */
async function attach(scope: Scope, subject: Sample, artifactType: string, n?: string): Promise<Sample> {
  const annotations = { 'org.example.id': scope.id, type: artifactType, ...(n === undefined ? {} : { n }) }
  return scope.pushIndex([], { subject: descriptorOf(subject), artifactType, annotations })
}

async function digests({ registry, repo }: Scope, subject: Digest): Promise<Digest[]> {
  return (await all(registry.referrers(repo, subject))).map(digestOf).sort()
}

function digestOf({ descriptor }: { descriptor: { digest: Digest } }): Digest {
  return descriptor.digest
}
