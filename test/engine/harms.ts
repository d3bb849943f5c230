/**
 * Everything that may happen to what is stored, on any storage.
 * @module
 */

import { expect } from 'vitest'
import { type CheckOptions, checkStorage, createStore } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { edit, expectWhole, fill, linksOf, lose, OTHER, placeIn, REPO, spoil, told } from './checking.ts'
import { bytes, digestOf, push, read } from './stage.ts'

/**
 * Fills an empty storage, harms it, and expects that each harm is found and named, mended by a repair or healed by a
 * push.
 */
export async function harmAndHeal(storage: Storage): Promise<void> {
  // So much later that whatever may still be under way is not any more.
  const now = () => Date.now() + 30 * 60_000 + storage.traits.skew
  const store = createStore({ storage, now })
  const check = (options: CheckOptions = {}) => checkStorage(storage, { now, ...options })
  const all = await fill(store)
  expectWhole(await check())

  await spoil(storage, await placeIn(storage, REPO, all.layer), 'the worst layer')
  await spoil(storage, await placeIn(storage, REPO, all.streamed), 'the second')
  await spoil(storage, await placeIn(storage, REPO, digestOf('{}')), null)
  await lose(storage, `repositories/${REPO}/_tagged/`, '/v1')
  await edit(storage, `repositories/${REPO}/_tags/`, '/latest', (text) => text.slice(0, -3))
  await lose(storage, `repositories/${REPO}/_manifests/`, all.index.slice(7))
  await lose(storage, `repositories/${REPO}/_referrers/`)
  await lose(storage, 'catalog/', `${OTHER}!`)
  await edit(storage, linksOf(all.streamed), '', (text) => text.replace('"size":16', '"size":15'))
  await storage.records.put('nobody/knows', bytes('{}'))
  await storage.contents.write('content/-/00/nobody-knows', bytes('x'), { size: 1 })
  const harms = [
    'blob-digest',
    'blob-digest',
    'blob-missing',
    'blob-missing',
    'blob-size',
    'catalog',
    'referrer',
    'stray-content',
    'stray-record',
    'tag',
    'tag-reverse',
    'tag-target',
  ]
  const found = await check()
  expect(told(found)).toEqual(harms)
  expect(await read(store, REPO, all.layer)).toBe('the worst layer')

  const repaired = await check({ repair: true })
  expect(told(repaired).filter((each) => each.endsWith(': mended'))).toEqual([
    'catalog: mended',
    'referrer: mended',
    'tag-reverse: mended',
  ])
  expect(told(repaired).filter((each) => each.endsWith(': set aside'))).toEqual([
    'blob-digest: set aside',
    'blob-digest: set aside',
    'tag: set aside',
  ])
  for (const digest of [all.layer, all.streamed, digestOf('{}')])
    expect(await read(store, REPO, digest)).toBe('BLOB_UNKNOWN')

  await fill(store)
  await push(store, OTHER, 'the first layer')
  const healed = await check()
  expect(told(healed)).toEqual(['set-aside', 'set-aside', 'set-aside', 'stray-content', 'stray-record'])
  expect(healed).toMatchObject({ damaged: 0, strays: 2, unreadable: 0, cursor: null })
  expect(await read(store, OTHER, all.layer)).toBe('the first layer')
}
