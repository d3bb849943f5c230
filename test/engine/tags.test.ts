import { describe, expect, test } from 'vitest'
import { bytes, collect, digestOf, INDEX, indexOf, keysOf, type Stage, stage } from './stage.ts'

const V1 = indexOf([], { annotations: { v: '1' } })
const V2 = indexOf([], { annotations: { v: '2' } })
const names = async (on: Stage) => collect(on.store.tags('a'))

describe('deleting a manifest', () => {
  test('removes every tag that names it, none that names another, and leaves the reverse keys', async () => {
    const on = stage()
    const { descriptor } = await on.store.pushManifest('a', V1, INDEX, { tags: ['one', 'two', 'moved'] })
    await on.store.pushManifest('a', V2, INDEX, { tags: ['moved', 'other'] })
    await on.store.deleteManifest('a', descriptor.digest)
    expect(await names(on)).toEqual(['moved', 'other'])
    expect((await keysOf(on.inner, 'repositories/a/_tagged/')).length).toBe(5)
    await expect(on.store.getManifest('a', 'one')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    expect((await on.store.getManifest('a', 'moved')).bytes).toEqual(V2)
    await expect(on.store.deleteManifest('a', descriptor.digest)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    })
  })

  /** Something else that happens just before the first call of this method on such a key. */
  async function racing(method: string, key: string, other: (on: Stage) => Promise<unknown>): Promise<Stage> {
    const on = stage()
    await on.store.pushManifest('a', V1, INDEX, { tags: ['tag', 'zzz'] })
    on.hook = async (call) => {
      if (call.method !== method || !call.key.includes(key)) return
      on.hook = undefined
      await other(on)
    }
    await on.store.deleteManifest('a', digestOf(V1))
    expect(on.hook, 'the race took place').toBeUndefined()
    return on
  }

  const moments: [string, string][] = [
    ['records.list', '_tagged/'],
    ['records.get', '_tags/tag'],
    ['records.remove', '_tags/tag'],
  ]
  test.each(moments)(
    'keeps a tag that is moved to another manifest meanwhile (before %s %s)',
    async (method, key) => {
      const on = await racing(method, key, ({ store }) =>
        store.pushManifest('a', V2, INDEX, { tags: ['tag'] }),
      )
      expect(await names(on)).toEqual(['tag'])
      expect((await on.store.getManifest('a', 'tag')).bytes).toEqual(V2)
    },
  )

  test.each(moments)(
    'keeps a tag whose manifest is pushed again meanwhile (before %s %s)',
    async (method, key) => {
      const on = await racing(method, key, ({ store }) =>
        store.pushManifest('a', V1, INDEX, { tags: ['tag'] }),
      )
      expect(await names(on)).toContain('tag')
      expect((await on.store.getManifest('a', 'tag')).bytes).toEqual(V1)
    },
  )

  test('takes effect on every tag the moment that its record goes, also if the rest fails', async () => {
    const on = stage()
    await on.store.pushManifest('a', V1, INDEX, { tags: ['tag'] })
    on.hook = ({ method, key }) => {
      if (method === 'records.list' && key.includes('_tagged')) throw new Error('the power went')
    }
    await expect(on.store.deleteManifest('a', digestOf(V1))).rejects.toThrow('the power went')
    await expect(on.another().getManifest('a', 'tag')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    // A tag that was left behind is no obstacle.
    await on.store.pushManifest('a', V2, INDEX, { tags: ['tag'] })
    expect((await on.store.getManifest('a', 'tag')).bytes).toEqual(V2)
  })
})

describe('pushing a manifest', () => {
  test('writes in the order that a crash in between only leaves what was before, or more', async () => {
    const on = stage()
    const subject = { mediaType: INDEX, digest: digestOf(V1), size: V1.length }
    await on.store.pushManifest('a', indexOf([], { subject }), INDEX, { tags: ['t'] })
    const written = on.calls
      .filter(({ method }) => /put|create/.test(method))
      .map(({ key }) => key.split('/')[2] ?? key)
    expect(written).toEqual(['_manifests', '_referrers', '_tagged', '_tags', 'catalog/a!'])
  })

  test('that lacks something writes nothing and names every missing digest', async () => {
    const on = stage()
    const missing = [digestOf('1'), digestOf('2')]
    const pushing = on.store.pushManifest('a', indexOf(missing), INDEX, { tags: ['t'] })
    const error = await pushing.catch((thrown: { entries: { code: string; detail: unknown }[] }) => thrown)
    const entries = 'entries' in error ? error.entries.map(({ code, detail }) => [code, detail]) : []
    expect(entries).toEqual(missing.map((digest) => ['MANIFEST_BLOB_UNKNOWN', { digest }]))
    expect(on.calls.filter(({ method }) => /put|create/.test(method))).toEqual([])
    expect(await keysOf(on.inner)).toEqual([])
  })

  test('a sparse store takes it; foreign layers and subjects are never asked for', async () => {
    const sparse = stage({ sparse: true })
    await sparse.store.pushManifest('a', indexOf([digestOf('1')]), INDEX)
    const on = stage()
    const subject = { mediaType: INDEX, digest: digestOf('2'), size: 2 }
    expect((await on.store.pushManifest('a', indexOf([], { subject }), INDEX)).subject).toBe(subject.digest)
  })

  test('the same one twice is listed once', async () => {
    const on = stage()
    for (let i = 0; i < 2; i++) await on.store.pushManifest('a', V1, INDEX, { tags: ['t'] })
    expect(await names(on)).toEqual(['t'])
    expect(await collect(on.store.repositories())).toEqual(['a'])
  })

  test('bytes come back as they were, and nobody who read them can change them', async () => {
    const on = stage()
    const odd = bytes(` {"schemaVersion":2,\n"mediaType":"${INDEX}","manifests":[ ],"x":"\\ud800"}\n\n`)
    const { descriptor } = await on.store.pushManifest('a', odd, INDEX, { tags: ['t'] })
    const first = await on.store.getManifest('a', 't')
    expect(first.bytes).toEqual(odd)
    first.bytes.fill(0)
    expect((await on.store.getManifest('a', descriptor.digest)).bytes).toEqual(odd)
  })
})
