import { describe, expect, test } from 'vitest'
import { createStore, memory } from '../../src/index.ts'
import { bytes, collect, digestOf, INDEX, indexOf, keysOf, stage } from './stage.ts'

const V1 = indexOf([], { annotations: { v: '1' } })

describe('what a storage cannot hold', () => {
  const small = (maxKey: number) =>
    stage({
      sparse: true,
      storage: (inner) => {
        const fits = (key: string): void => {
          if (key.length > maxKey) throw new RangeError(`a key of ${key.length} bytes`)
        }
        const records = {
          ...inner.records,
          put: async (...args: Parameters<typeof inner.records.put>) => {
            fits(args[0])
            return inner.records.put(...args)
          },
          create: async (...args: Parameters<typeof inner.records.create>) => {
            fits(args[0])
            return inner.records.create(...args)
          },
        }
        return { ...inner, records, traits: { ...inner.traits, maxKey } }
      },
    })

  test('a name too long for its keys is NAME_INVALID on every write, before anything is written', async () => {
    const on = small(400)
    const long = 'n'.repeat(400 - 13 - 292 + 1)
    const digest = digestOf('x')
    const writes = [
      on.store.pushBlob(long, { digest }, bytes('x')),
      on.store.startUpload(long),
      on.store.mountBlob(long, digest, { from: 'a' }),
      on.store.pushManifest(long, V1, INDEX),
    ]
    for (const write of writes)
      await expect(write).rejects.toMatchObject({ code: 'NAME_INVALID', status: 400 })
    expect(await keysOf(on.inner)).toEqual([])
  })

  test('the longest name fits with the longest of everything else', async () => {
    const on = small(400)
    const name = 'n'.repeat(400 - 13 - 292)
    const { id } = await on.store.startUpload(name)
    await on.store.finishUpload(name, id, digestOf('x', 'sha512'), { body: bytes('x') })
    const subject = { mediaType: INDEX, digest: digestOf('s', 'sha512'), size: 1 }
    const manifest = indexOf([], { subject })
    const digest = digestOf(manifest, 'sha512')
    await on.store.pushManifest(name, manifest, INDEX, { digest, tags: ['t'.repeat(128)] })
    expect((await collect(on.store.referrers(name, subject.digest))).length).toBe(1)
  })

  test('a subject whose digest is of an unknown algorithm, and as long as digests get, is no inner error', async () => {
    const on = small(512)
    const digest = `${'x'.repeat(100)}:${'y'.repeat(155)}`
    const manifest = indexOf([], { subject: { mediaType: INDEX, digest, size: 1 } })
    const pushing = on.store.pushManifest('n'.repeat(200), manifest, INDEX)
    const outcome = await pushing.then(
      () => 'stored',
      (error: { code?: string; message: string }) => error.code ?? error.message,
    )
    expect(outcome).toMatch(/^(stored|MANIFEST_INVALID|NAME_INVALID)$/)
  })

  test('memory for uploads that is none is refused', () => {
    for (const uploadMemory of [0, -1, Number.NaN])
      expect(() => createStore({ storage: memory(), uploadMemory })).toThrow(TypeError)
  })

  test('a grace period that the clocks do not allow is refused', () => {
    const skewed = (inner: ReturnType<typeof memory>) => ({
      ...inner,
      traits: { ...inner.traits, skew: 13 * 3_600_000 },
    })
    expect(() => stage({ storage: skewed })).toThrow(TypeError)
  })
})
