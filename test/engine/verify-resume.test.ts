import { describe, expect, test } from 'vitest'
import { expectWhole, filled, linksOf, lose, placeIn, REPO, spoil } from './checking.ts'
import { bytes, digestOf, push } from './stage.ts'

describe('cut short', () => {
  test('and gone on with, it finds the same', async () => {
    const { on, all, check, storage } = await filled()
    for (let i = 0; i < 30; i++) await push(on.store, REPO, `blob ${i}`)
    await spoil(storage, await placeIn(storage, REPO, digestOf('blob 7')), null)
    await lose(storage, linksOf(all.streamed))
    await storage.contents.write('content/what', bytes('x'), { size: 1 })
    await storage.records.put('catalog/UPPER!', bytes('{}'))
    const whole = await check()
    for (const limit of [1, 7, 50]) {
      const findings = []
      const seen = []
      for (let after: string | null | undefined; after !== null; ) {
        const part = await check({ limit, ...(after === undefined ? {} : { after }) })
        expect(part.blobs + part.manifests + part.tags + part.referrers + part.contents!).toBeLessThanOrEqual(
          limit,
        )
        findings.push(...part.findings)
        seen.push(part.blobs + part.manifests + part.tags)
        after = part.cursor
      }
      expect(findings).toEqual(whole.findings)
      expect(seen.reduce((sum, count) => sum + count)).toBe(whole.blobs + whole.manifests + whole.tags)
    }
  })

  test('by a signal, at any call, also while it waits', async () => {
    const { on, check } = await filled()
    on.clear()
    await check()
    const calls = on.calls.length
    for (let at = 0; at < calls; at += 7) {
      const stop = new AbortController()
      on.clear()
      on.hook = () => {
        if (on.calls.length > at) stop.abort()
      }
      const part = await check({ signal: stop.signal })
      on.hook = undefined
      if (part.cursor !== null) expectWhole(await check({ after: part.cursor }))
      expect(part.findings).toEqual([])
    }
    const slow = await check({ rate: 0.01, signal: AbortSignal.timeout(50) })
    expect(slow.cursor).not.toBe(null)
  })

  test('options that cannot be', async () => {
    const { check } = await filled()
    for (const options of [{ sample: 0 }, { sample: 2 }, { rate: 0 }, { after: 'x' }])
      await expect(check(options)).rejects.toThrow(TypeError)
  })

  test('a repair where it would not be safe', async () => {
    const { check } = await filled({
      storage: (inner) => ({ ...inner, traits: { ...inner.traits, remove: 'none' } }),
    })
    await expect(check({ repair: true })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expectWhole(await check())
  })
})
