import { describe, expect, test } from 'vitest'
import { s3 } from '../../adapters/storage/s3/index.ts'
import { createStore, type RetentionRule, retention } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { fakeStore } from '../storage/s3/fake.ts'
import { pushIndex } from './collecting.ts'
import { days, manifestsOf, pushImage, tagsOf } from './retaining.ts'
import { REAL, shaped } from './shapes.ts'
import { collect, DAY, HOUR, keysOf } from './stage.ts'

const RULES: RetentionRule[] = [{ tags: 'pr-*', keep: { last: 0 } }, { untagged: '3d' }]

/** Applies rules for days, with a collector; expects that what they keep is all that is left, to the last byte. */
async function expectKept(inner: Storage, now: () => number, pass: (ms: number) => void): Promise<void> {
  const on = { inner, pass, store: createStore({ storage: inner, now, retention: retention(RULES) }) }
  await on.store.retain()
  on.pass(DAY)
  await pushImage(on, 'a', 'pr-1')
  const kept = await pushImage(on, 'a', 'v1')
  await pushIndex(on, 'a', ['overwritten'], ['latest'])
  on.pass(HOUR)
  kept.push(await pushIndex(on, 'a', ['newest'], ['latest']))
  await days(on, 8)
  expect((await manifestsOf(on, 'a')).sort()).toEqual(kept.sort())
  const signatures = kept.map((digest) => digest.replace(':', '-'))
  const about = (await tagsOf(on, 'a')).filter((tag) => !['latest', 'v1'].includes(tag))
  expect(about.length).toBe(2)
  for (const tag of about) expect(signatures).toContain(tag.replace('.sig', ''))
  for (const digest of kept) await on.store.getManifest('a', digest)
  // Eight of the image, and that of the newest.
  expect((await keysOf(inner, 'blobs/')).length).toBe(9)
  expect((await collect(inner.contents.list!('content/', {}))).length).toBe(9)
}

describe('rules keep an image with all that belongs to it, and let go of the rest', () => {
  test.each(Object.entries(REAL))('in memory, like %s', async (_, shape) => {
    let time = Date.UTC(2026, 0, 15, 12)
    const now = () => time
    const pass = (ms: number) => {
      time += ms
    }
    await expectKept(shaped(shape, now), now, pass)
  })

  test.each([
    ['deletes conditionally', {}],
    ['does not', { ignores: ['delete if-match'] }],
  ] as const)('in a bucket that %s', async (_, faults) => {
    const fake = fakeStore(faults)
    const pass = (ms: number) => {
      fake.now += ms
    }
    await expectKept(await s3(fake.options), () => fake.now, pass)
  })
})
