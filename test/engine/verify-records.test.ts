import { describe, expect, test } from 'vitest'
import { createStore } from '../../src/index.ts'
import {
  edit,
  expectWhole,
  fill,
  filled,
  linksOf,
  lose,
  MANIFEST,
  OTHER,
  only,
  placeIn,
  REPO,
  recordOf,
  told,
} from './checking.ts'
import { bytes, DAY, HOUR, keysOf, push, read } from './stage.ts'

describe('records that something has happened to', () => {
  test('link: one that cannot be read, and one that says what cannot be', async () => {
    for (const change of [
      (text: string) => text.slice(0, 20),
      (text: string) => text.replace(REPO, 'library/bpp'),
      () => '',
    ]) {
      const { on, all, check, storage } = await filled()
      const key = await edit(storage, linksOf(all.streamed), '', change)
      expect(only(await check())).toMatchObject({ problem: 'link', at: key, digest: all.streamed })
      expect(told(await check({ repair: true }))).toEqual(
        ['link: set aside', 'reference', 'stray-content'].slice(0, 2),
      )
      expect((await keysOf(storage, 'damaged/blobs/')).length).toBe(1)
      expect(await read(on.store, REPO, all.streamed)).toBe('BLOB_UNKNOWN')
      await push(on.store, REPO, 'the second layer')
      expect((await check()).damaged).toBe(0)
    }
  })

  test('link-size: bytes that are whole are not pushed again', async () => {
    const { on, all, check, storage } = await filled()
    await edit(storage, linksOf(all.streamed), '', (text) => text.replace('"size":16', '"size":17'))
    expect(told(await check())).toEqual(['link-size'])
    expect(told(await check({ repair: true }))).toEqual(['link-size: mended'])
    expect(await read(on.store, REPO, all.streamed)).toBe('the second layer')
    expectWhole(await check())
  })

  test('a link to the bytes of another blob spares those', async () => {
    const { on, all, check, storage } = await filled()
    const wrong = await placeIn(storage, REPO, all.layer)
    await edit(storage, linksOf(all.streamed), '', (text) =>
      text.replace(/"place":"[^"]*","size":16/, `"place":"${wrong}","size":15`),
    )
    expect(told(await check({ repair: true }))).toEqual(['blob-digest: set aside', 'reference'])
    expect(await read(on.store, REPO, all.layer)).toBe('the first layer')
    on.pass(40 * DAY)
    await check({ repair: true })
    for (let hour = 0; hour < 50; hour++) {
      on.pass(HOUR)
      await on.store.collect()
    }
    expect(await read(on.store, REPO, all.layer)).toBe('the first layer')
  })

  test('manifest: other bytes, fewer, none', async () => {
    for (const change of [
      (text: string) => text.replace('"layers":[', '"layerz":['),
      (text: string) => text.slice(0, -10),
      () => '',
    ]) {
      const { on, all, check, storage } = await filled()
      const key = await edit(storage, `repositories/${REPO}/_manifests/`, all.image.slice(7), change)
      expect(only(await check())).toMatchObject({
        problem: 'manifest',
        at: key,
        repository: REPO,
        digest: all.image,
      })
      const repaired = await check({ repair: true })
      expect(told(repaired)).toEqual(['manifest: set aside', 'tag-target', 'tag-target'])
      expect(told(await check())).toEqual(['reference', 'set-aside', 'tag-target', 'tag-target'])
      await expect(on.store.getManifest(REPO, 'v1')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
      expect((await recordOf(storage, 'damaged/repositories/')).key).toContain(all.image.slice(7))
    }
  })

  test('manifest: missing, and named by its tags and its index', async () => {
    const { on, all, check, storage } = await filled()
    await lose(storage, `repositories/${REPO}/_manifests/`, all.image.slice(7))
    const report = await check({ repair: true })
    expect(told(report)).toEqual(['reference', 'tag-target', 'tag-target'])
    const tags = report.findings.flatMap(({ tag }) => (tag ? [tag] : []))
    expect(tags.sort()).toEqual(['latest', 'v1'])
    await fill(on.store)
    expectWhole(await check())
  })

  test('manifest-header: rebuilt from the manifest', async () => {
    for (const change of [
      (text: string) => text.replace(/"refs":\["sha256:./, '"refs":["sha256:g'),
      (text: string) => text.replace(MANIFEST, `${MANIFEST.slice(0, -1)}m`),
      (text: string) => text.replace('"nonce"', '"nonce'),
    ]) {
      const { on, all, check, storage } = await filled()
      const key = await edit(storage, `repositories/${REPO}/_manifests/`, all.image.slice(7), (text) => {
        const [header = '', ...body] = text.split('\n')
        return [change(header), ...body].join('\n')
      })
      expect(only(await check())).toMatchObject({ problem: 'manifest-header', at: key })
      expect(told(await check({ repair: true }))).toEqual(['manifest-header: mended'])
      expect((await on.store.getManifest(REPO, 'v1')).descriptor.mediaType).toBe(MANIFEST)
      expectWhole(await check())
    }
  })

  test('reference: a blob whose link is lost', async () => {
    const { on, all, check, storage } = await filled()
    await lose(storage, linksOf(all.streamed))
    const report = await check({ repair: true })
    expect(told(report)).toEqual(['reference'])
    expect(report.findings[0]).toMatchObject({ digest: all.image, reference: all.streamed, repository: REPO })
    await push(on.store, REPO, 'the second layer')
    expect((await check()).damaged).toBe(0)
  })

  test('tag: one that cannot be read', async () => {
    const { on, check, storage } = await filled()
    const key = await edit(storage, `repositories/${REPO}/_tags/`, '/v1', (text) => text.slice(0, -5))
    expect(only(await check())).toMatchObject({ problem: 'tag', at: key, repository: REPO, tag: 'v1' })
    expect(told(await check({ repair: true }))).toEqual(['tag: set aside'])
    await expect(on.store.getManifest(REPO, 'v1')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
  })

  test('tag-reverse and referrer: rebuilt', async () => {
    const { on, all, check, storage } = await filled()
    await lose(storage, `repositories/${REPO}/_tagged/`, '/v1')
    await lose(storage, `repositories/${REPO}/_referrers/`)
    expect(told(await check())).toEqual(['referrer', 'tag-reverse'])
    const repaired = await check({ repair: true })
    expect(told(repaired)).toEqual(['referrer: mended', 'tag-reverse: mended'])
    expect(repaired).toMatchObject({ damaged: 0, mended: 2 })
    expectWhole(await check())
    const listed = []
    for await (const { descriptor } of on.store.referrers(REPO, all.image)) listed.push(descriptor.digest)
    expect(listed).toEqual([all.signature])
  })

  test('referrer: listed wrongly, listed where it does not belong, and damaged', async () => {
    const { all, check, storage } = await filled()
    const prefix = `repositories/${REPO}/_referrers/`
    const { key } = await recordOf(storage, prefix)
    await storage.records.put(key, bytes('{"descriptor":{}}'))
    await storage.records.put(key.replace(all.image.slice(7), all.index.slice(7)), bytes('{"descriptor":{}}'))
    expect(told(await check({ repair: true }))).toEqual(['referrer: mended', 'referrer: mended'])
    expectWhole(await check())
    await storage.records.put(key, bytes('no json'))
    expect(told(await check({ repair: true }))).toEqual(['referrer: mended'])
    expectWhole(await check())
  })

  test('referrer-target: a signature that is gone', async () => {
    const { check, all, storage } = await filled()
    await lose(storage, `repositories/${REPO}/_manifests/`, all.signature.slice(7))
    expect(told(await check())).toEqual(['referrer-target'])
    expect(told(await check({ repair: true }))).toEqual(['referrer-target: set aside'])
    expect((await check()).damaged).toBe(0)
  })

  test('catalog: missing, damaged, and of an empty repository', async () => {
    const { on, check, storage } = await filled()
    await lose(storage, 'catalog/', `${OTHER}!`)
    await edit(storage, 'catalog/', `${REPO}!`, () => '')
    await storage.records.put('catalog/empty!', bytes('{}'))
    expect(told(await check({ repair: true }))).toEqual(['catalog: mended', 'catalog: mended'])
    on.pass(2 * DAY)
    expect(told(await check({ repair: true }))).toEqual(['catalog: mended'])
    expectWhole(await check())
    expect(await keysOf(storage, 'catalog/')).toEqual([`catalog/${REPO}!`, `catalog/${OTHER}!`])
  })

  test('record: of a session, of a note, of the keys', async () => {
    const { on, check, storage } = await filled()
    await on.store.writeUpload(REPO, (await on.store.startUpload(REPO)).id, bytes('abc'))
    const all = await keysOf(storage)
    const [session] = all.filter((key) => key.startsWith('uploads/') && key.endsWith('z'))
    const [note] = all.filter((key) => key.startsWith('gc/'))
    for (const key of [session!, note!, 'config/keys']) await storage.records.put(key, bytes('{"nonce'))
    expect(told(await check())).toEqual(['record', 'record', 'record'])
    const repaired = await check({ repair: true })
    expect(told(repaired)).toEqual(['record: set aside', 'record: set aside', 'record: set aside'])
    on.pass(3 * DAY)
    await createStore({ storage, now: on.now }).sweep()
    await createStore({ storage, now: on.now }).startUpload(REPO)
  })
})
