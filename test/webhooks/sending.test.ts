/** What a receiver gets, and what becomes of events that it does not take. */

import { describe, expect, test } from 'vitest'
import { cloudflareKv } from '../../adapters/storage/kv/index.ts'
import { createStore, memory, type Webhook, webhooks } from '../../src/index.ts'
import { until } from '../node/raw.ts'
import { digestOf, emptyIndex, INDEX, pushBlob, pushIndex, send } from '../server/http.ts'
import { fakeNamespace } from '../storage/kv/fake-namespace.ts'
import { hooked } from './hooked.ts'
import { idsOf, receiver, SECRET, tagsOf } from './receiver.ts'

const ALL = { types: ['manifest', 'tag', 'referrer', 'blob', 'mount', 'delete', 'pull'] } as const

describe('a receiver gets', () => {
  test('CloudEvents that say who has done what, in order, each signed', async () => {
    await using to = await receiver()
    await using on = hooked(to.url, { webhook: ALL, options: { source: 'https://registry.example' } })
    const { digest } = await pushBlob(on.kit, 'a', 'content')
    await on.push('v1')
    await send(on.kit, 'POST', `/v2/b/blobs/uploads/?mount=${digest}&from=a`)
    const body = emptyIndex('', { subject: { mediaType: INDEX, digest: digestOf('x'), size: 1 } })
    await pushIndex(on.kit, 'a', 'sig', { body })
    await on.remove('v1')
    await send(on.kit, 'GET', '/v2/a/manifests/sig')
    await on.drained()

    expect(to.wrong).toEqual([])
    const inA = to.received.filter(({ data }) => data['repository'] === 'a')
    expect(inA.map(({ type, subject }) => [type, subject.replace(/@.*/, '@')])).toEqual([
      ['dev.ocikit.blob', 'a@'],
      ['dev.ocikit.manifest', 'a@'],
      ['dev.ocikit.tag', 'a:v1'],
      ['dev.ocikit.manifest', 'a@'],
      ['dev.ocikit.referrer', 'a@'],
      ['dev.ocikit.tag', 'a:sig'],
      ['dev.ocikit.delete', 'a:v1'],
      ['dev.ocikit.pull', 'a:sig'],
    ])
    expect(to.received.filter(({ type }) => type === 'dev.ocikit.mount').map(({ data }) => data)).toEqual([
      expect.objectContaining({ repository: 'b', digest, from: 'a', size: 7, outcome: 'done' }),
    ])
    const tag = inA.find(({ subject }) => subject === 'a:sig')!
    expect(tag.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
    expect(tag.headers['webhook-id']).toBe(tag.id)
    expect(Math.abs(Number(tag.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(30)
    expect(tag.body).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^evt_[0-9a-f]{24}\.2$/),
      source: 'https://registry.example',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      sequence: expect.stringMatching(/^\d{15}-[0-9a-f]{8}\.0002$/),
      type: 'dev.ocikit.tag',
      subject: 'a:sig',
      datacontenttype: 'application/json',
      data: {
        repository: 'a',
        subject: null,
        requestId: expect.any(String),
        tag: 'sig',
        digest: digestOf(body),
        size: body.length,
        mediaType: INDEX,
        outcome: 'done',
      },
    })
    const sequences = inA.map(({ sequence }) => sequence)
    expect(sequences).toEqual([...sequences].sort())
    expect(new Set(idsOf(to.received)).size).toBe(to.received.length)
  })

  test('only the types and repositories that it wants', async () => {
    await using to = await receiver()
    await using on = hooked(to.url, { webhook: { types: ['tag'], repositories: ['team/**'] } })
    await on.push('v1', 'team/app')
    await on.push('v1', 'other')
    await on.remove('v1', 'team/app')
    await on.drained()
    expect(to.received.map(({ subject }) => subject)).toEqual(['team/app:v1'])
  })

  test('nothing of what was refused, and what is refused leaves nothing', async () => {
    await using to = await receiver()
    await using on = hooked(to.url)
    expect(await on.remove('absent')).toBe(404)
    const broken = await pushIndex(on.kit, 'a', 'v1', { body: '{}' })
    expect(broken.status).toBe(400)
    await on.push('after')
    await on.drained()
    expect(to.received.map(({ subject }) => subject)).toEqual(['a:after'])
  })

  test('a signature of each secret, so that one can be replaced', async () => {
    const next = `whsec_${Buffer.from('another secret of the tests').toString('base64')}`
    await using old = await receiver()
    await using on = hooked(old.url, { webhook: { secret: [next, SECRET] } })
    await on.push('v1')
    await on.drained()
    expect(old.wrong).toEqual([])
    expect(String(old.received[0]!.headers['webhook-signature']).split(' ')).toHaveLength(2)
  })
})

describe('a push is answered at once, and its event is sent later, when the receiver', () => {
  test('is silent: it is not waited for longer than the time-out', async () => {
    await using to = await receiver()
    to.react = () => 'silence'
    await using on = hooked(to.url, { options: { timeout: 1000 } })
    // A push that waited for the receiver would never end.
    await on.push('v1')
    await on.push('v2')
    await until(() => to.asked.length > 0)
    to.react = () => 204
    await on.drained()
    expect(tagsOf(to.received)).toEqual(['v1', 'v2'])
    expect(to.busiest()).toBe(1)
  })

  test('never ends its answer', async () => {
    await using to = await receiver()
    to.react = () => 'endless'
    await using on = hooked(to.url)
    await on.push('v1')
    await on.push('v2')
    await on.drained()
    expect(tagsOf(to.received)).toEqual(['v1', 'v2'])
    expect(to.asked).toHaveLength(2)
  })

  test.each([500, 302, 404, 'cut'] as const)('answers %s: until it takes it, in order', async (reaction) => {
    await using to = await receiver()
    to.react = () => (to.asked.length > 4 ? 200 : reaction)
    await using on = hooked(to.url)
    for (const tag of ['v1', 'v2', 'v3']) await on.push(tag)
    await on.drained()
    expect(tagsOf(to.received)).toEqual(['v1', 'v2', 'v3'])
    // The same event each time, under the same id.
    expect(idsOf(to.asked.slice(0, 5))).toHaveLength(1)
  })

  test('is killed and comes back', async () => {
    await using to = await receiver()
    await using on = hooked(to.url)
    await on.push('v1')
    await on.drained()
    await to.kill()
    await on.push('v2')
    await on.push('v3')
    await on.kit.webhooks.drain()
    expect(await on.kit.webhooks.pending()).toBe(2)
    await to.revive()
    await on.drained()
    expect(tagsOf(to.received)).toEqual(['v1', 'v2', 'v3'])
  })

  test('is down for one repository only: the others are told meanwhile', async () => {
    await using to = await receiver()
    to.react = ({ data }) => (data['repository'] === 'a' ? 500 : 204)
    await using on = hooked(to.url)
    await on.push('v1', 'a')
    await on.push('v1', 'b')
    await until(() => to.received.length > 0)
    expect(tagsOf(to.received, 'b')).toEqual(['v1'])
    to.react = () => 204
    await on.drained()
    expect(tagsOf(to.received, 'a')).toEqual(['v1'])
  })
})

describe('webhooks are refused', () => {
  const url = 'https://ci.example.com/a'
  const bad: readonly [string, Webhook, RegExp][] = [
    ['without a URL', { url: 'ci.example.com', secret: SECRET }, /url must be a URL/],
    ['with another scheme', { url: 'file:///etc/passwd', secret: SECRET }, /url must be a URL/],
    [
      'with a password',
      { url: 'https://ann:geheim@ci.example.com/', secret: SECRET },
      /no user and password/,
    ],
    ['with a short secret', { url, secret: 'geheim' }, /secret must have at least 24 bytes/],
    ['with broken base64', { url, secret: 'whsec_%geheim%' }, /secret must have at least 24 bytes/],
    ['with no secret', { url, secret: [] }, /needs a secret/],
    ['with an unknown type', { url, secret: SECRET, types: ['push' as 'tag'] }, /there is no "push"/],
    ['with a broken glob', { url, secret: SECRET, repositories: ['Team/*'] }, /"Team\/\*" is no name/],
  ]
  test.each(bad)('%s', (_, webhook, message) => {
    expect(() => webhooks([webhook])).toThrow(message)
    expect(() => webhooks([webhook])).not.toThrow(/geheim/)
  })

  test('twice for one URL, and with times that are none', () => {
    const webhook = { url, secret: SECRET }
    expect(() => webhooks([webhook, webhook])).toThrow(/same url/)
    expect(() => webhooks([webhook], { timeout: 0 })).toThrow(/timeout of webhooks must be a number above 0/)
  })

  test('where what is written is not seen at once', () => {
    const storage = cloudflareKv(fakeNamespace())
    const inner = createStore({ storage: memory() })
    expect(() => webhooks([{ url, secret: SECRET }]).over(inner, { storage })).toThrow(/cannot keep webhooks/)
  })
})
