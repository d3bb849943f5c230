/**
 * Listings of contents, from drivers that have them.
 * @module
 */

import type { StoredContent } from '../../storage/index.ts'
import type { Scope, StorageTests } from './scope.ts'
import { utf8 } from './scope.ts'

/** Which contents there are; of a driver without a listing nothing is asked. */
export const contentListTests: StorageTests = {
  'content list: what is there, in order, with its size': async (scope) => {
    const { contents, id, expect } = scope
    if (!contents.list) return
    const base = `content/-/${id}/`
    // Written in another order, some of them where one is what another begins with.
    for (const name of ['b', 'a.x-1', 'c/d/e', 'a-x', 'a0', 'c!'])
      await contents.write(base + name, utf8(name), { size: name.length })
    await contents.write(`content/-/${id}x`, utf8('x'), { size: 1 })
    const all = await listed(scope, base)
    expect(all.map(({ place }) => place.slice(base.length))).toEqual([
      'a-x',
      'a.x-1',
      'a0',
      'b',
      'c!',
      'c/d/e',
    ])
    expect(all.map(({ size, partial }) => [size, partial])).toEqual(
      [3, 5, 2, 1, 2, 5].map((size) => [size, false]),
    )
    expect((await listed(scope, base, `${base}a0`)).map(({ place }) => place.slice(base.length))).toEqual([
      'b',
      'c!',
      'c/d/e',
    ])
    expect(await listed(scope, base, `${base}c/d/e`)).toEqual([])
    expect(await listed(scope, `${base}none/`)).toEqual([])
  },

  'content list: places with a digest in them, and others': async (scope) => {
    const { contents, id, expect } = scope
    if (!contents.list) return
    const hex = id.replaceAll('-', '').padEnd(64, '0')
    for (const prefix of [`content/sha256/${hex.slice(0, 2)}/`, `t/${id}/content/`]) {
      const place = `${prefix}${hex}.${id}-1`
      await contents.write(place, utf8('x'), { size: 1 })
      const found = await listed(scope, prefix)
      expect(found.filter((each) => each.place === place)).toEqual([{ place, size: 1, partial: false }])
    }
  },

  'content list: what is removed is gone, and what is being built is not whole': async (scope) => {
    const { contents, id, expect } = scope
    if (!contents.list) return
    const base = `content/-/${id}/`
    await contents.write(`${base}gone`, utf8('x'), { size: 1 })
    await contents.remove([`${base}gone`])
    const handle = await contents.open(`${base}part`)
    const { receipt } = await contents.piece(
      `${base}part`,
      handle,
      { no: 1, offset: 0, size: 4 },
      utf8('part'),
    )
    const before = await listed(scope, base)
    expect(before.filter(({ partial }) => !partial)).toEqual([])
    await contents.seal(`${base}part`, handle, [{ no: 1, size: 4, receipt }], { size: 4 })
    expect(await listed(scope, base)).toEqual([{ place: `${base}part`, size: 4, partial: false }])
  },

  'content list: a page is not all, and leaving ends it': async (scope) => {
    const { contents, id, expect } = scope
    if (!contents.list) return
    const base = `content/-/${id}/`
    const names = Array.from({ length: 30 }, (_, i) => `${base}${String(i).padStart(2, '0')}`)
    await Promise.all(names.map((name) => contents.write(name, utf8('x'), { size: 1 })))
    const places = (await listed(scope, base)).map(({ place }) => place)
    expect(places).toEqual(names)
    for await (const { place } of contents.list(base, { after: names[3]! })) {
      expect(place).toBe(names[4])
      break
    }
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    await scope.expectRejection(listed(scope, base, undefined, stop.signal))
  },
}

async function listed(
  { contents }: Scope,
  prefix: string,
  after?: string,
  signal?: AbortSignal,
): Promise<StoredContent[]> {
  const found: StoredContent[] = []
  const bounds = { ...(after !== undefined && { after }), ...(signal && { signal }) }
  for await (const { place, size, partial } of contents.list!(prefix, bounds))
    found.push({ place, size, partial })
  return found
}
