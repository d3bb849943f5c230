/**
 * Mounts: a blob of another repository becomes readable without its bytes moving.
 * @module
 */

import { OCTET_STREAM } from '../../oci/index.ts'
import { textOf, unknownDigest } from './samples.ts'
import type { RegistryTests } from './scope.ts'

/** With a source, without one, and when it is not possible. */
export const mountTests: RegistryTests = {
  'mounts: from a repository': async ({ registry, repo, other, push, blob, expectBlob, expect }) => {
    const it = await push(await blob())
    const found = await registry.mountBlob(other, it.digest, { from: repo })
    expect([found?.digest, found?.size]).toEqual([it.digest, it.bytes.length])
    await expectBlob(it, other)
  },

  'mounts: by sha512': async ({ registry, repo, other, id, push, expectBlob, expect }) => {
    const it = await push(await textOf(id, OCTET_STREAM, 'sha512'))
    expect((await registry.mountBlob(other, it.digest, { from: repo }))?.digest).toBe(it.digest)
    await expectBlob(it, other)
  },

  'mounts: null when the source does not have it': async (scope) => {
    const { registry, repo, other, id, push, blob, expectNoBlob, expect } = scope
    const it = await push(await blob())
    const nobody = await unknownDigest()
    expect(await registry.mountBlob(other, nobody, { from: repo })).toBe(null)
    expect(await registry.mountBlob(other, it.digest, { from: `suite/${id}/nowhere` })).toBe(null)
    expect(await registry.mountBlob(other, `blake3:${'a'.repeat(64)}`, { from: repo })).toBe(null)
    for (const digest of [nobody, it.digest]) await expectNoBlob(digest, other)
  },

  'mounts: without a source from where the caller may read': async (scope) => {
    const { registry, other, push, blob, expectBlob, expect } = scope
    const it = await push(await blob())
    const found = await registry.mountBlob(other, it.digest, { mayRead: () => true })
    expect([found?.digest, found?.size]).toEqual([it.digest, it.bytes.length])
    await expectBlob(it, other)
  },

  'mounts: without a source from nowhere else': async (scope) => {
    const { registry, repo, other, push, blob, expectNoBlob, expectBlob, expect } = scope
    const it = await push(await blob())
    const asked: string[] = []
    const mayRead = async (name: string): Promise<boolean> => {
      asked.push(name)
      return false
    }
    expect(await registry.mountBlob(other, it.digest, { mayRead })).toBe(null)
    expect(asked).toEqual([repo])
    await expectNoBlob(it.digest, other)
    const found = await registry.mountBlob(other, it.digest, { mayRead: (name) => name === repo })
    expect(found?.digest).toBe(it.digest)
    await expectBlob(it, other)
  },

  'mounts: without a source and a rule, none': async (scope) => {
    const { registry, other, push, blob, expectNoBlob, expect } = scope
    const it = await push(await blob())
    expect(await registry.mountBlob(other, it.digest)).toBe(null)
    await expectNoBlob(it.digest, other)
  },

  'mounts: without a source, null when nobody has it': async ({ registry, other, expect }) => {
    expect(await registry.mountBlob(other, await unknownDigest(), { mayRead: () => true })).toBe(null)
  },

  'mounts: outlive the blob at the source': async (scope) => {
    const { registry, repo, other, push, blob, expectBlob, expectNoBlob } = scope
    const it = await push(await blob())
    await registry.mountBlob(other, it.digest, { from: repo })
    await registry.deleteBlob(repo, it.digest)
    await expectNoBlob(it.digest)
    await expectBlob(it, other)
  },

  'mounts: of what is there already': async ({ registry, repo, other, push, blob, expectBlob, expect }) => {
    const it = await push(await blob())
    await push(it, other)
    expect((await registry.mountBlob(other, it.digest, { from: repo }))?.digest).toBe(it.digest)
    expect((await registry.mountBlob(repo, it.digest, { from: repo }))?.digest).toBe(it.digest)
    await expectBlob(it, other)
  },
}
