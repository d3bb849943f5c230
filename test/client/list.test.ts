import { expect, test } from 'vitest'
import { furtherOf } from '../../src/further.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { failureOf, refusal, type Sent, wired } from './wire.ts'

const page = (tags: unknown, link?: string) =>
  Response.json({ name: 'a', tags }, link === undefined ? {} : { headers: { link } })

/** A registry that lists in its own order, so many to a page. */
function server(names: readonly string[], { size = 2, last = true, link = true } = {}) {
  return ({ url }: Sent) => {
    const after = url.searchParams.get('last')
    const from = after !== null && last ? names.indexOf(after) + 1 : 0
    const some = names.slice(from, from + size)
    const more = from + size < names.length && link
    return page(some, more ? `</v2/a/tags/list?n=${size}&last=${some.at(-1)}>; rel="next"` : undefined)
  }
}

test('pages are followed to their end, a short one is none', async () => {
  const { client, sent } = wired(
    (_, no) =>
      [
        page(['a'], '</v2/a/tags/list?last=a>; rel="next"'),
        page([], '</v2/a/tags/list?last=b>; rel=next'),
        page(['c']),
      ][no]!,
  )
  expect(await all(client.tags('a'))).toEqual(['a', 'c'])
  expect(sent.length).toBe(3)
})

test('a caller that stops early asks for no more', async () => {
  const { client, sent } = wired(server(['a', 'b', 'c', 'd', 'e']))
  for await (const tag of client.tags('a')) if (tag === 'b') break
  expect(sent.length).toBe(1)
})

test('docker 1.4: the limit is one of the list, whatever its pages are', async () => {
  const { client } = wired(server(['a', 'b', 'c', 'd', 'e'], { size: 4 }))
  expect(await all(client.tags('a', { limit: 3 }))).toEqual(['a', 'b', 'c'])
  expect(await all(client.tags('a', { limit: 5 }))).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('docker 1.5: a limit of 0 asks nobody', async () => {
  const { client, sent } = wired(server(['a']))
  expect(await all(client.tags('a', { limit: 0 }))).toEqual([])
  expect(sent.length).toBe(0)
})

test('docker 1.6: a registry that ignores last is not asked for ever', async () => {
  const whole = wired(server(['a', 'b', 'c', 'd'], { last: false, size: 4 }))
  expect(await all(whole.client.tags('a', { after: 'b' }))).toEqual(['c', 'd'])
  const circle = wired(server(['a', 'b', 'c', 'd'], { last: false }))
  expect((await failureOf(all(circle.client.tags('a')))).message).toContain('circle')
  expect(circle.sent.length).toBeLessThan(5)
})

test('another order is sorted, with the same bounds', async () => {
  const names = ['a', 'B', 'c', 'D', 'e']
  const { client } = wired(server(names, { size: 5 }))
  expect(await all(client.tags('a'))).toEqual(['B', 'D', 'a', 'c', 'e'])
  expect(await all(client.tags('a', { limit: 2 }))).toEqual(['B', 'D'])
  expect(await all(wired(server(['e', 'd', 'c', 'b', 'a'])).client.tags('a'))).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
  ])
})

test('a registry that sends the same page twice has no more than that', async () => {
  const link = '</v2/a/tags/list?last=b>; rel="next"'
  const { client } = wired((_, no) => page(['a', 'b'], no === 0 ? link : undefined))
  const list = client.tags('a', { limit: 3 })
  expect(await all(list)).toEqual(['a', 'b'])
  expect(furtherOf(list)!()).toBe(false)
})

test('null for a list, and within one', async () => {
  expect(await all(wired(() => page(null)).client.tags('a'))).toEqual([])
  expect(await all(wired(() => page(['a', null, 'b'])).client.tags('a'))).toEqual(['a', 'b'])
  expect((await failureOf(all(wired(() => page('x')).client.tags('a')))).status).toBe(502)
  expect((await failureOf(all(wired(() => new Response('<html>')).client.tags('a')))).status).toBe(502)
})

test('a link to another host leads on within the registry', async () => {
  const { client, sent } = wired((_, no) =>
    no === 0 ? page(['a'], '<http://internal:5000/v2/a/tags/list?last=a>; rel="next"') : page(['b']),
  )
  expect(await all(client.tags('a'))).toEqual(['a', 'b'])
  expect(sent[1]!.url.href).toBe('https://registry.test/v2/a/tags/list?last=a')
})

test('an unknown repository, and a registry without a catalog', async () => {
  const { client } = wired(() => refusal(404, 'NAME_UNKNOWN'))
  expect((await failureOf(all(client.tags('a')))).code).toBe('NAME_UNKNOWN')
  expect((await failureOf(all(wired(() => refusal(401, 'UNAUTHORIZED')).client.repositories()))).code).toBe(
    'UNAUTHORIZED',
  )
})

test('a link whose path looks like a host leads on within the registry, too', async () => {
  const { client, sent } = wired((_, no) =>
    no === 0 ? page(['a'], '<https://x.test//10.0.0.1/secret>; rel="next"') : page(['b']),
  )
  await all(client.tags('a'))
  expect(sent[1]!.url.href).toBe('https://registry.test//10.0.0.1/secret')
})
