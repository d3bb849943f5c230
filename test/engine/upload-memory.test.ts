import { describe, expect, test } from 'vitest'
import { Budget } from '../../src/engine/budget.ts'
import { MINIATURE, TINY_MEMORY } from './shapes.ts'
import { bytes, digestOf, read, type Stage, stage } from './stage.ts'
import { soon } from './stalled.ts'

describe('a budget', () => {
  test('gives what there is; who comes first is served first', async () => {
    const budget = new Budget(10)
    const order: string[] = []
    const claim = async (name: string, size: number): Promise<() => void> => {
      const { release } = await budget.claim(size)
      order.push(name)
      return release
    }
    const first = await claim('a', 6)
    const second = claim('b', 6)
    // It would fit, but is behind one that does not.
    const third = claim('c', 2)
    await soon()
    expect([order, budget.awaited, budget.used]).toEqual([['a'], true, 6])
    first()
    for (const release of await Promise.all([second, third])) release()
    expect([order, budget.awaited, budget.used]).toEqual([['a', 'b', 'c'], false, 0])
  })

  test('gives more than there is to one that is alone', async () => {
    const budget = new Budget(10)
    const small = await budget.claim(1)
    let given = false
    const large = budget.claim(50).finally(() => {
      given = true
    })
    await soon()
    expect(given).toBe(false)
    small.release()
    ;(await large).release()
    expect(budget.used).toBe(0)
  })

  test('who gives up lets those behind pass', async () => {
    const budget = new Budget(10)
    const first = await budget.claim(8)
    const controller = new AbortController()
    const second = budget.claim(9, controller.signal)
    const third = budget.claim(2)
    controller.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    ;(await third).release()
    first.release()
    expect([budget.used, budget.awaited]).toEqual([0, false])
    await expect(budget.claim(1, controller.signal)).rejects.toThrow('gone')
    expect(budget.used).toBe(0)
  })

  test('is not used up by those that were killed: who is silent while others wait is taken for dead', async () => {
    const budget = new Budget(10, 1000)
    const killed = await budget.claim(6)
    const alive = await budget.claim(4)
    const beating = setInterval(alive.beat, 10)
    const next = await budget.claim(6)
    clearInterval(beating)
    expect(budget.used).toBe(10)
    // It was alive after all.
    killed.beat()
    expect(budget.used).toBe(16)
    for (const { release } of [killed, alive, next]) release()
    expect([budget.used, budget.awaited]).toEqual([0, false])
  })

  test('is not held up by somebody who was killed while waiting', async () => {
    const budget = new Budget(10, 100)
    const first = await budget.claim(10)
    const beating = setInterval(first.beat, 10)
    const real = globalThis.setInterval
    // A killed request has no timers any more.
    globalThis.setInterval = (() => undefined) as unknown as typeof setInterval
    void budget.claim(9)
    globalThis.setInterval = real
    const third = budget.claim(2)
    first.release()
    clearInterval(beating)
    ;(await third).release()
    await expect.poll(() => [budget.used, budget.awaited]).toEqual([0, false])
  })
})

/** A body that gives bytes when told to, and tells how many were asked for. */
function valve(): { body: ReadableStream<Uint8Array>; asked: () => number; give(text: string | null): void } {
  let asked = 0
  const waiting: ((chunk: string | null) => void)[] = []
  const given: (string | null)[] = []
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        asked++
        const chunk =
          given.length > 0 ? given.shift()! : await new Promise<string | null>((go) => waiting.push(go))
        if (chunk === null) controller.close()
        else controller.enqueue(bytes(chunk))
      },
    },
    { highWaterMark: 0 },
  )
  return {
    body,
    asked: () => asked,
    give: (chunk) => {
      const go = waiting.shift()
      if (go) go(chunk)
      else given.push(chunk)
    },
  }
}

describe.each(['s3', 'r2', 'kv'] as const)('uploads of unknown length over %s', (shape) => {
  async function crowd(on: Stage, count: number) {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const { id } = await on.store.startUpload('a')
        const { body, asked, give } = valve()
        const controller = new AbortController()
        const writing = on.store.writeUpload('a', id, body, { signal: controller.signal })
        writing.catch(() => {})
        give('abc')
        return { id, asked, give, writing, abort: () => controller.abort(new Error('gone')) }
      }),
    )
  }

  test('share the memory: those that find none are not read, take turns, and can go away', async () => {
    const on = stage({ shape: MINIATURE[shape], uploadMemory: TINY_MEMORY })
    const all = await crowd(on, 9)
    await soon()
    // Six pieces fit. Of the others the first chunk was looked at, and no more asked for.
    expect(all.filter(({ asked }) => asked() > 1).length).toBe(6)
    const waiting = all.filter(({ asked }) => asked() === 1)
    waiting[1]!.abort()
    await expect(waiting[1]!.writing).rejects.toThrow('gone')
    expect((await on.store.uploadStatus('a', waiting[1]!.id)).offset).toBe(0)
    // What says its length needs no memory.
    const whole = 'x'.repeat(30)
    await on.store.pushBlob('b', { digest: digestOf(whole), size: 30 }, bytes(whole))
    expect(await read(on.store, 'b', digestOf(whole))).toBe(whole)
    for (const one of all.filter((each) => each !== waiting[1])) {
      one.give('defghijklmnop')
      one.give(null)
    }
    for (const { writing } of all.filter((each) => each !== waiting[1])) {
      const { id, offset } = await writing
      expect(offset).toBe(16)
      await on.store.finishUpload('a', id, digestOf('abcdefghijklmnop'))
    }
    expect(await read(on.store, 'a', digestOf('abcdefghijklmnop'))).toBe('abcdefghijklmnop')
  })

  test('that break off give their memory back', async () => {
    const on = stage({ shape: MINIATURE[shape], uploadMemory: TINY_MEMORY })
    for (let round = 0; round < 3; round++) {
      const all = await crowd(on, 7)
      await soon()
      for (const { abort } of all) abort()
      for (const { writing } of all) await expect(writing).rejects.toThrow('gone')
    }
    const { id } = await on.store.startUpload('a')
    const { body, give } = valve()
    give('abcdefghijkl')
    give(null)
    expect((await on.store.writeUpload('a', id, body)).offset).toBe(12)
  })

  test('that the storage refuses give it back, too', async () => {
    const on = stage({ shape: MINIATURE[shape], uploadMemory: TINY_MEMORY })
    on.hook = ({ method }) => {
      if (/contents\.(piece|write)/.test(method)) throw new Error('the storage is down')
    }
    for (let i = 0; i < 8; i++) {
      const { id } = await on.store.startUpload('a')
      const { body, give } = valve()
      give('abcdefghijkl')
      give(null)
      await expect(on.store.writeUpload('a', id, body)).rejects.toThrow('down')
    }
  })
})
