import { describe, expect, test } from 'vitest'
import {
  bytes,
  DAY,
  digestOf,
  HOUR,
  INDEX,
  indexOf,
  keysOf,
  push,
  read,
  type Stage,
  stage,
  valuesOf,
} from './stage.ts'

/** Everything that relies on the link of a blob in `a`. */
const uses: [string, (on: Stage) => Promise<unknown>][] = [
  ['HEAD', ({ store }) => store.resolveBlob('a', digestOf('x'))],
  ['a manifest that refers to it', ({ store }) => store.pushManifest('a', indexOf([digestOf('x')]), INDEX)],
  ['a mount of it', ({ store }) => store.mountBlob('b', digestOf('x'), { from: 'a' })],
  ['a mount without a source', ({ store }) => store.mountBlob('b', digestOf('x'), { mayRead: () => true })],
  ['a push into another repository', ({ store }) => push(store, 'b', 'x')],
]

const links = (on: Stage) => on.of('records.put', 'blobs/')

describe('use before rely: a link is refreshed when it is older than half the grace period', () => {
  describe.each(uses)('%s', (_, use) => {
    /** Uses a blob of that age; tells how often its link was written. */
    async function writes(on: Stage, age: number): Promise<{ count: number; key: string }> {
      await push(on.store, 'a', 'x')
      const [key = ''] = await keysOf(on.inner, 'blobs/')
      on.pass(age)
      on.clear()
      await use(on)
      return { count: links(on).filter((call) => call.key === key).length, key }
    }

    test('a fresh link is not written', async () => {
      expect((await writes(stage(), DAY / 2 - 1)).count).toBe(0)
    })

    test('an old link is written once: a fresh time, a fresh version, the same place', async () => {
      const on = stage()
      const { count, key } = await writes(on, DAY / 2)
      expect(count).toBe(1)
      expect((await on.inner.records.get(key))?.modified).toBe(on.now())
      on.clear()
      await on.store.resolveBlob('a', digestOf('x'))
      expect(links(on)).toEqual([])
      expect(await read(on.store, 'a', digestOf('x'))).toBe('x')
    })
  })

  test('reading a blob relies on nothing, and writes nothing', async () => {
    const on = stage()
    const digest = await push(on.store, 'a', 'x')
    on.pass(10 * DAY)
    on.clear()
    expect(await read(on.store, 'a', digest)).toBe('x')
    expect(on.calls.map(({ method }) => method)).toEqual(['records.get', 'contents.read'])
  })

  test('the skew of the clocks counts as age', async () => {
    const skewed = stage({ storage: (inner) => ({ ...inner, traits: { ...inner.traits, skew: HOUR } }) })
    const digest = await push(skewed.store, 'a', 'x')
    skewed.pass(DAY / 2 - HOUR - 1)
    skewed.clear()
    await skewed.store.resolveBlob('a', digest)
    expect(links(skewed)).toEqual([])
    skewed.pass(1)
    await skewed.store.resolveBlob('a', digest)
    expect(links(skewed).length).toBe(1)
  })

  test('a link that is removed while it is refreshed is unknown, and does not come back', async () => {
    const on = stage()
    const digest = await push(on.store, 'a', 'x')
    on.pass(DAY)
    on.hook = async ({ method, key }) => {
      if (method !== 'records.put' || !key.startsWith('blobs/')) return
      const rec = await on.inner.records.get(key)
      if (rec) await on.inner.records.remove(key, rec.version)
    }
    await expect(on.store.resolveBlob('a', digest)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    expect(await keysOf(on.inner, 'blobs/')).toEqual([])
  })
})

describe('notes for the collector, where something may lose its last use', () => {
  const refs = async (on: Stage) =>
    (await valuesOf(on.inner, 'gc/refs/')).map(({ repo, digests }) => [repo, digests])
  const content = async (on: Stage) =>
    (await valuesOf(on.inner, 'gc/content/')).map(({ digest, place }) => [digest, place])

  test('a mount: the link that no manifest needs yet', async () => {
    const on = stage()
    const digest = await push(on.store, 'a', 'x')
    expect(await refs(on)).toEqual([])
    await on.store.mountBlob('b', digest, { from: 'a' })
    expect(await refs(on)).toEqual([['b', [digest]]])
    expect((await keysOf(on.inner, 'gc/refs/'))[0]).toMatch(/^gc\/refs\/2026011512\//)
  })

  test('a deleted manifest: what it referred to, and the note is there before it is gone', async () => {
    const on = stage()
    const digest = await push(on.store, 'a', 'x')
    const { descriptor } = await on.store.pushManifest('a', indexOf([digest]), INDEX)
    on.clear()
    await on.store.deleteManifest('a', descriptor.digest)
    expect(await refs(on)).toEqual([['a', [digest]]])
    const order = on.calls
      .filter(({ method }) => /create|remove/.test(method))
      .map(({ key }) => key.split('/')[0])
    expect(order).toEqual(['gc', 'repositories'])
  })

  test('a deleted manifest with so many references that its header does not list them', async () => {
    const on = stage({ sparse: true })
    const many = Array.from({ length: 1000 }, (_, i) => digestOf(`${i}`))
    const { descriptor } = await on.store.pushManifest('a', indexOf(many), INDEX)
    const [record] = await keysOf(on.inner, 'repositories/a/_manifests/')
    const { value } = (await on.inner.records.get(record!))!
    expect(value.length - indexOf(many).length).toBeLessThan(64 * 1024)
    await on.store.deleteManifest('a', descriptor.digest)
    expect(await refs(on)).toEqual([['a', many]])
  })

  test('a deleted blob: its bytes', async () => {
    const on = stage()
    const digest = await push(on.store, 'a', 'x')
    const [link] = await valuesOf(on.inner, 'blobs/')
    await on.store.deleteBlob('a', digest)
    expect(await content(on)).toEqual([[digest, link!['place']]])
    expect(await read(on.store, 'a', digest)).toBe('BLOB_UNKNOWN')
    expect(await on.inner.contents.size(String(link!['place']))).toBe(1)
  })

  test('a link that swings to other bytes: those that it named before', async () => {
    const on = stage()
    const digest = await push(on.store, 'a', 'x')
    const [before] = await valuesOf(on.inner, 'blobs/')
    await push(on.store, 'a', 'x')
    const [after] = await valuesOf(on.inner, 'blobs/')
    expect(after!['place']).not.toBe(before!['place'])
    expect(await content(on)).toEqual([[digest, before!['place']]])
    expect(await read(on.store, 'a', digest)).toBe('x')
  })

  test('every record has a nonce of its own: the same values never have the same bytes', async () => {
    const on = stage()
    const digest = await push(on.store, 'a', 'x')
    await on.store.mountBlob('b', digest, { from: 'a' })
    await on.store.pushManifest('a', indexOf([digest]), INDEX, { tags: ['one', 'two'] })
    const nonces: unknown[] = []
    for (const { value } of await recordsOf(on)) {
      const line = new TextDecoder().decode(value).split('\n')[0]!
      expect(line).toMatch(/^\{"nonce":"[0-9a-f]{16}"/)
      nonces.push(line.slice(0, 28))
    }
    expect(nonces.length).toBeGreaterThan(7)
    expect(new Set(nonces).size).toBe(nonces.length)
  })
})

async function recordsOf(on: Stage): Promise<{ value: Uint8Array }[]> {
  const keys = await keysOf(on.inner)
  return Promise.all(keys.map(async (key) => (await on.inner.records.get(key))!))
}

test('bytes() of content stops at its limit, and content is opened at most once', async () => {
  const on = stage()
  const digest = await push(on.store, 'a', 'hello')
  const content = () => on.store.getBlob('a', digest)
  await expect((await content()).bytes(4)).rejects.toMatchObject({ code: 'SIZE_INVALID' })
  expect(await (await content()).bytes(5)).toEqual(bytes('hello'))
  const part = await on.store.getBlob('a', digest, { range: { first: 1, last: 2 } })
  expect([part.descriptor.size, part.range, await part.bytes(2)]).toEqual([
    5,
    { offset: 1, length: 2 },
    bytes('el'),
  ])
  const twice = await content()
  await twice.stream().cancel()
  expect(() => twice.stream()).toThrow(TypeError)
  await using unopened = await content()
  expect(unopened.descriptor.size).toBe(5)
})
