/** What a receiver does not take, and what is kept for one that is gone. */

import { describe, expect, test } from 'vitest'
import { memory, ocikit, open, webhooks } from '../../src/index.ts'
import { collect, keysOf } from '../engine/stage.ts'
import { until } from '../node/raw.ts'
import { hooked } from './hooked.ts'
import { receiver, tagsOf } from './receiver.ts'

describe('what is undeliverable', () => {
  test('is kept, counted, listed and can be sent again; what comes later is sent', async () => {
    await using to = await receiver()
    const lines: string[] = []
    to.react = ({ data }) => (data['tag'] === 'bad' ? 500 : 204)
    await using on = hooked(to.url, { options: { tries: 3 }, log: (line) => lines.push(line) })
    await on.push('bad')
    await on.push('good')
    await on.drained()
    expect(tagsOf(to.received)).toEqual(['good'])
    expect(to.asked.filter(({ data }) => data['tag'] === 'bad')).toHaveLength(3)
    const { webhooks: outbox } = on.kit
    expect([await outbox.pending(), await outbox.undeliverable()]).toEqual([0, 1])
    const [entry] = await collect(outbox.list())
    expect(entry).toEqual({
      id: expect.stringMatching(/^evt_/),
      host: new URL(to.url).host,
      repository: 'a',
      time: expect.any(String),
      types: ['tag'],
      why: 'it answers 500',
    })
    expect(lines.filter((line) => line.startsWith('a webhook is sent no more'))).toHaveLength(1)

    to.react = () => 204
    expect(await outbox.retry(undefined, ['evt_other'])).toBe(0)
    expect(await outbox.retry(undefined, [entry!.id])).toBe(1)
    await on.drained()
    expect(await outbox.undeliverable()).toBe(0)
    expect(tagsOf(to.received)).toEqual(['good', 'bad'])
    expect(to.received.at(-1)!.id).toBe(`${entry!.id}.0`)
  })

  test('can be dropped, all of it or by id; what waits stays', async () => {
    await using to = await receiver()
    to.react = ({ data }) => (data['tag'] === 'waits' ? 503 : 410)
    await using on = hooked(to.url, { options: { wait: { first: 600_000, longest: 600_000 } } })
    const { webhooks: outbox } = on.kit
    for (const tag of ['v1', 'v2', 'v3', 'waits']) await on.push(tag)
    await outbox.drain()
    expect(await outbox.counts()).toEqual({ pending: 1, undeliverable: 3 })
    const [first] = await collect(outbox.list())
    expect(await outbox.drop(undefined, ['evt_other', first!.id])).toBe(1)
    expect(await outbox.drop()).toBe(2)
    expect(await outbox.drop()).toBe(0)
    expect(await outbox.counts()).toEqual({ pending: 1, undeliverable: 0 })
    expect((await collect(outbox.list())).map(({ why }) => why)).toEqual([undefined])
  })

  test('is not lost when it is sent again while it is taken out of its queue', async () => {
    await using to = await receiver()
    to.react = () => 410
    const storage = memory()
    const { records } = storage
    let meanwhile: (() => Promise<number>) | undefined
    const drop: typeof records.drop = async (keys, ...rest) => {
      if (keys[0]?.startsWith('outbox/')) {
        const first = meanwhile
        meanwhile = undefined
        await first?.()
      }
      await records.drop(keys, ...rest)
    }
    await using on = hooked(to.url, { storage: { ...storage, records: { ...records, drop } } })
    const { webhooks: outbox } = on.kit
    meanwhile = () => outbox.retry()
    await on.push('v1')
    await on.drained()
    expect(meanwhile).toBe(undefined)
    expect(await outbox.counts()).toEqual({ pending: 0, undeliverable: 1 })
    to.react = () => 204
    expect(await outbox.retry()).toBe(1)
    await on.drained()
    expect(tagsOf(to.received)).toEqual(['v1'])
  })

  test('is what a receiver says it is: 410 is not tried again', async () => {
    await using to = await receiver()
    to.react = () => 410
    await using on = hooked(to.url)
    await on.push('v1')
    await on.drained()
    expect(to.asked).toHaveLength(1)
    expect(await on.kit.webhooks.undeliverable()).toBe(1)
  })
})

describe('a receiver that is configured no more', () => {
  test.each([
    ['by its host', (url: string) => new URL(url).host],
    ['by its URL', (url: string) => url],
  ])('is forgotten %s, with all that is kept for it, and nothing else is', async (_, named) => {
    await using gone = await receiver()
    await using stays = await receiver()
    const storage = memory()
    const options = { wait: { first: 600_000, longest: 600_000 } }
    for (const to of [gone, stays]) {
      to.react = ({ data }) => (data['tag'] === 'dead' ? 410 : 503)
      await using on = hooked(to.url, { storage, options })
      for (const tag of ['dead', 'v1', 'v2']) await on.push(tag)
      await on.kit.webhooks.drain()
    }
    const { webhooks: outbox } = ocikit({ storage, auth: open(), webhooks: webhooks([]) })
    expect(await outbox.counts()).toEqual({ pending: 4, undeliverable: 2 })
    expect(await outbox.forget(undefined, 'nobody.example')).toBe(0)
    expect(await outbox.forget(undefined, named(gone.url))).toBe(3)
    expect(await outbox.counts()).toEqual({ pending: 2, undeliverable: 1 })
    // Neither how it stood nor a lease is left.
    const receivers = (await keysOf(storage, 'outbox/')).map((key) => key.split('/')[1])
    expect(new Set(receivers).size).toBe(1)
    stays.react = () => 204
    await using on = hooked(stays.url, { storage, now: () => Date.now() + 3_600_000 })
    await on.drained()
    expect(tagsOf(stays.received)).toEqual(['v1', 'v2'])
  })

  test('that is still sent to finds out, and what comes later is sent', async () => {
    await using to = await receiver()
    await using on = hooked(to.url, { options: { timeout: 60_000 } })
    let answer = (_: number) => {}
    to.react = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    await on.push('v1')
    await on.push('v2')
    await until(() => to.asked.length > 0)
    expect(await on.kit.webhooks.forget(undefined, to.url)).toBe(2)
    to.react = () => 204
    answer(204)
    await on.kit.webhooks.drain()
    await on.push('v3')
    await on.drained()
    expect(tagsOf(to.received)).toEqual(['v1', 'v3'])
  })
})
