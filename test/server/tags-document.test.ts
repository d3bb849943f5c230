/** Long lists of tags, whose answers are remembered with what they were made of. */

import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { madeOnce } from '../../src/batches.ts'
import { catalogKey, tagKey } from '../../src/engine/keys.ts'
import { ocikit, open } from '../../src/index.ts'
import type { Tag } from '../../src/oci/index.ts'
import { tagsDocument } from '../../src/server/tags-document.ts'
import { withFolder } from '../storage/folder.ts'

const value = new TextEncoder().encode('{}\n')
const TAGS = Array.from({ length: 1300 }, (_, i) => `v${String(i).padStart(4, '0')}`)

interface Listed {
  readonly name: string
  readonly tags: readonly string[]
}

test('a long list is told as it is now, whole and in pages', { timeout: 30_000 }, () =>
  withFolder(async (folder) => {
    const storage = await fs(folder, { sync: false })
    const kit = ocikit({ storage, auth: open() })
    for (const name of ['a', 'b']) {
      await storage.records.create(catalogKey(name), value)
      for (const tag of TAGS)
        await storage.records.create(tagKey(name, tag as Tag), value, { volatile: true })
    }
    const get = (path: string, headers = {}) => kit.fetch(new Request(`http://localhost${path}`, { headers }))
    const list = async (name: string) => {
      const response = await get(`/v2/${name}/tags/list`)
      expect(response.headers.get('link')).toBeNull()
      return { etag: response.headers.get('etag')!, ...((await response.json()) as Listed) }
    }
    const first = await list('a')
    expect(first).toMatchObject({ name: 'a', tags: TAGS })
    expect(await list('a')).toEqual(first)
    expect(await list('b')).toMatchObject({ name: 'b', tags: TAGS })
    expect((await get('/v2/a/tags/list', { 'if-none-match': first.etag })).status).toBe(304)

    const key = tagKey('a', 'v0700-more' as Tag)
    await storage.records.put(key, value)
    const longer = await list('a')
    expect(longer.tags).toEqual([...TAGS, 'v0700-more'].sort())
    expect(longer.etag).not.toBe(first.etag)
    expect((await list('b')).tags).toEqual(TAGS)
    await storage.records.remove(key, (await storage.records.get(key))!.version)
    expect(await list('a')).toEqual(first)

    const paged: string[] = []
    let path: string | undefined = '/v2/a/tags/list?n=600'
    for (let pages = 0; path !== undefined; pages++) {
      expect(pages).toBeLessThan(3)
      const response = await get(path)
      paged.push(...((await response.json()) as Listed).tags)
      path = /^<([^>]+)>/.exec(response.headers.get('link') ?? '')?.[1]
    }
    expect(paged).toEqual(TAGS)
    const rest = (await (await get('/v2/a/tags/list?last=v1250')).json()) as Listed
    expect(rest.tags).toEqual(TAGS.slice(1251))
    await kit.close()
  }),
)

test('a document is made once for the same batches of the same repository', async () => {
  const batch = (from: number): readonly string[] => TAGS.slice(from, from + 600)
  const [one, two] = [batch(0), batch(600)]
  const document = await tagsDocument('a', [one, two])
  expect(JSON.parse(new TextDecoder().decode(document.bytes))).toEqual({
    name: 'a',
    tags: TAGS.slice(0, 1200),
  })
  expect(await tagsDocument('a', [one, two])).toBe(document)
  for (const [name, batches] of [
    ['b', [one, two]],
    ['a', [one]],
    ['a', [one, batch(601)]],
    ['a', [one, two, ['x']]],
  ] as const) {
    const other = await tagsDocument(name, batches)
    expect(JSON.parse(new TextDecoder().decode(other.bytes))).toEqual({ name, tags: batches.flat() })
  }
})

test('what is made of a batch is made once, unless it is short', () => {
  let made = 0
  const lengths = madeOnce((batch: readonly string[]) => ({ length: batch.length, made: ++made }))
  const long = TAGS.slice(0, 100)
  expect(lengths(long)).toBe(lengths(long))
  expect(lengths([...long])).toEqual({ length: 100, made: 2 })
  const short = ['x']
  expect([lengths(short), lengths(short)]).toEqual([
    { length: 1, made: 3 },
    { length: 1, made: 4 },
  ])
})
