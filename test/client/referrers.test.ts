import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { indexOf } from '../../src/testing/registry/samples.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { utf8 } from '../../src/testing/storage/scope.ts'
import { content, digestOf, failureOf, refusal, reply, type Sent, wired } from './wire.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const SUBJECT = digestOf('subject')
const entry = (text: string, artifactType?: string) => ({
  mediaType: INDEX,
  digest: digestOf(text),
  size: text.length,
  ...(artifactType ? { artifactType } : {}),
})
const list = (manifests: unknown, headers: Record<string, string> = {}) =>
  content(utf8(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests })), {
    'content-type': INDEX,
    ...headers,
  })
const digestsOf = async (found: AsyncIterable<{ descriptor: { digest: Digest } }>) =>
  (await all(found)).map(({ descriptor }) => descriptor.digest)

test('a registry without the list: the tag of the subject, cut as the specification says', async () => {
  const { client, lines } = wired(({ url }) =>
    url.pathname.includes('/referrers/') ? reply(404) : list([entry('x')]),
  )
  expect(await digestsOf(client.referrers('a', SUBJECT))).toEqual([digestOf('x')])
  expect(lines()[1]).toBe(`GET /v2/a/manifests/${SUBJECT.replace(':', '-')}`)
  const long = digestOf('subject', 'sha512')
  await digestsOf(client.referrers('a', long))
  expect(lines()[3]).toBe(`GET /v2/a/manifests/sha512-${long.slice(7, 71)}`)
  const strange = `${'a+b'.repeat(11)}:${'x='.repeat(40)}` as Digest
  await digestsOf(client.referrers('a', strange))
  expect(lines()[5]).toBe(`GET /v2/a/manifests/${'a-b'.repeat(11).slice(0, 32)}-${'x-'.repeat(32)}`)
})

test('a page for every path is no list', async () => {
  const { client } = wired(({ url }) =>
    url.pathname.includes('/referrers/')
      ? new Response('<html>', { headers: { 'content-type': 'text/html' } })
      : refusal(404, 'MANIFEST_UNKNOWN'),
  )
  expect(await all(client.referrers('a', SUBJECT))).toEqual([])
})

test('a registry that takes the tag for the digest, and one whose tag names an image', async () => {
  const subject = utf8(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [entry('child')] }))
  const self = wired(({ url }) =>
    url.pathname.includes('/referrers/') ? reply(404) : content(subject, { 'content-type': INDEX }),
  )
  expect(await all(self.client.referrers('a', digestOf(subject)))).toEqual([])
  const image = wired(({ url }) =>
    url.pathname.includes('/referrers/')
      ? reply(404)
      : content(utf8('{}'), { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }),
  )
  expect(await all(image.client.referrers('a', SUBJECT))).toEqual([])
})

test('filtered here where the registry does not, over all pages, each once', async () => {
  const { client, sent } = wired((_, no) =>
    no === 0
      ? list([entry('1', 'a/b+c'), entry('2', 'x/y')], { link: '</v2/a/referrers/x?p=2>; rel="next"' })
      : list([entry('1', 'a/b+c'), entry('3', 'a/b+c'), entry('4')]),
  )
  expect(await digestsOf(client.referrers('a', SUBJECT, { artifactTypes: ['a/b+c'] }))).toEqual([
    digestOf('1'),
    digestOf('3'),
  ])
  expect(sent[0]!.url.search).toBe('?artifactType=a%2Fb%2Bc')
})

test('nothing is left out: a list that is no index, or names what is no descriptor, is an error', async () => {
  for (const manifests of [[entry('1'), { digest: 'nonsense' }], [null], undefined]) {
    const { client } = wired(() => list(manifests))
    const message = 'registry.test sends a list of referrers that is no index'
    await expect(all(client.referrers('a', SUBJECT))).rejects.toMatchObject({ message, status: 502 })
  }
  const { client } = wired(() => list(null))
  expect(await all(client.referrers('a', SUBJECT))).toEqual([])
})

test('a cursor whose entry is gone begins anew', async () => {
  const { client } = wired(() => list([entry('1'), entry('2'), entry('3')]))
  expect(await digestsOf(client.referrers('a', SUBJECT, { after: digestOf('2') }))).toEqual([digestOf('3')])
  expect(await digestsOf(client.referrers('a', SUBJECT, { after: digestOf('gone') }))).toHaveLength(3)
})

test('docker 2.5k: the tag is kept where the registry has no list: on push, again, and on delete', async () => {
  await using there = testRegistry({ compat: { referrers: false } })
  const client = createClient('https://registry.test', { fetch: there.fetch })
  const subject = await indexOf([], { annotations: { is: 'subject' } })
  await client.pushManifest('a', subject.bytes, INDEX, { tags: ['latest'] })
  const descriptor = { mediaType: INDEX, digest: subject.digest, size: subject.bytes.length }
  const annotations = { a: 'b' }
  const attach = async (artifactType: string) => {
    const { bytes } = await indexOf([], { subject: descriptor, artifactType, annotations })
    return client.pushManifest('a', bytes, INDEX)
  }
  const one = await attach('a/one')
  expect(one.subject).toBe(subject.digest)
  await attach('a/one')
  const two = await attach('a/two')
  const tag = subject.digest.replace(':', '-')
  const shown = async () =>
    JSON.parse(new TextDecoder().decode((await there.registry.getManifest('a', tag)).bytes)).manifests
  expect(await shown()).toEqual([
    { ...one.descriptor, artifactType: 'a/one', annotations },
    { ...two.descriptor, artifactType: 'a/two', annotations },
  ])
  await client.deleteManifest('a', one.descriptor.digest)
  expect(await digestsOf(client.referrers('a', subject.digest))).toEqual([two.descriptor.digest])
  // A client that has not seen the registry yet finds out by itself.
  await createClient('https://registry.test', { fetch: there.fetch }).deleteManifest(
    'a',
    two.descriptor.digest,
  )
  expect(await shown()).toEqual([])
})

test('two clients that keep one tag: what the other has written meanwhile is not lost', async () => {
  const bytes = (manifests: unknown) =>
    utf8(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }))
  /** A registry that keeps to validators, and whose list another client changes between a read and a write. */
  const registry = (strict: boolean, races: number) => {
    const others = [entry('first')]
    let kept = bytes(others)
    const conditions: (string | null)[] = []
    const answer = ({ method, url, headers, body }: Sent): Response => {
      if (url.pathname.includes('/referrers/')) return reply(404)
      if (!url.pathname.endsWith(SUBJECT.replace(':', '-'))) return reply(201)
      if (method === 'GET') return content(kept, { 'content-type': INDEX, etag: `"${digestOf(kept)}"` })
      conditions.push(headers.get('if-match'))
      if (others.length <= races) {
        others.push(entry(`other ${others.length}`, 'a/other'))
        kept = bytes(others)
      }
      const isSame = headers.get('if-match') === `"${digestOf(kept)}"`
      if (headers.has('if-match') && (!strict || !isSame)) return reply(412)
      kept = body
      return reply(201)
    }
    const names = () =>
      (JSON.parse(new TextDecoder().decode(kept)) as { manifests: { digest: string }[] }).manifests.map(
        ({ digest }) => digest,
      )
    return { ...wired(answer), conditions, names, others }
  }
  const about = await indexOf([], { subject: entry('subject') })
  for (const races of [1, 6]) {
    const good = registry(true, races)
    await good.client.pushManifest('a', about.bytes, INDEX)
    expect(good.names()).toEqual([...good.others.map(({ digest }) => digest), about.digest])
    expect(good.others.length).toBe(races + 1)
    expect(good.conditions.length).toBe(races + 1)
  }
  // One that refuses what nobody has changed means something else by it.
  const odd = registry(false, 1)
  await odd.client.pushManifest('a', about.bytes, INDEX)
  expect(odd.names()).toEqual([...odd.others.map(({ digest }) => digest), about.digest])
  expect(odd.conditions.map((each) => each !== null)).toEqual([true, true, false])
})

test('a tag that names something else is not overwritten', async () => {
  await using there = testRegistry({ compat: { referrers: false } })
  const client = createClient('https://registry.test', { fetch: there.fetch })
  const subject = await indexOf([], { annotations: { is: 'subject' } })
  await client.pushManifest('a', subject.bytes, INDEX, { tags: [subject.digest.replace(':', '-')] })
  const { bytes } = await indexOf([], {
    subject: { mediaType: INDEX, digest: subject.digest, size: subject.bytes.length },
  })
  expect(await failureOf(client.pushManifest('a', bytes, INDEX))).toMatchObject({
    code: 'MANIFEST_INVALID',
    status: 409,
  })
})

test('a registry with the list keeps it itself', async () => {
  await using there = testRegistry()
  const methods: string[] = []
  const fetch = (url: string, init: RequestInit) => {
    methods.push(init.method!)
    return there.fetch(url, init)
  }
  const client = createClient('https://registry.test', { fetch })
  const { bytes } = await indexOf([], { subject: entry('subject') })
  expect((await client.pushManifest('a', bytes, INDEX)).subject).toBe(SUBJECT)
  await client.deleteManifest('a', digestOf(bytes))
  expect(methods).toEqual(['PUT', 'DELETE'])
})

test('of several types none is asked for: some registries would look at one only', async () => {
  const { client, sent } = wired(() => list([entry('1', 'a/b'), entry('2', 'x/y'), entry('3', 'c/d')]))
  expect(await digestsOf(client.referrers('a', SUBJECT, { artifactTypes: ['a/b', 'c/d'] }))).toEqual([
    digestOf('1'),
    digestOf('3'),
  ])
  expect(sent[0]!.url.search).toBe('')
})

test('a tag that is missing has no referrers, whatever the registry calls that', async () => {
  const { client } = wired(({ url }) =>
    url.pathname.includes('/referrers/') ? reply(404) : refusal(404, 'TAG_NOT_FOUND'),
  )
  expect(await all(client.referrers('a', SUBJECT))).toEqual([])
  const failing = wired(({ url }) =>
    url.pathname.includes('/referrers/') ? reply(404) : refusal(500, 'MANIFEST_UNKNOWN'),
  )
  expect((await failureOf(all(failing.client.referrers('a', SUBJECT)))).status).toBe(500)
})
