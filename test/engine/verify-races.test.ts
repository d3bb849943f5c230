import { describe, expect, test } from 'vitest'
import type { CheckReport } from '../../src/index.ts'
import {
  edit,
  expectWhole,
  type Filled,
  fill,
  filled,
  linksOf,
  OTHER,
  placeIn,
  pushImage,
  REPO,
  spoil,
  told,
} from './checking.ts'
import { FaultError, failing } from './failing.ts'
import { bytes, DAY, digestOf, HOUR, keysOf, push, read, type Stage, stage } from './stage.ts'

/** What clients and the collector do. */
const ACTIONS: Readonly<Record<string, (on: Stage, all: Filled) => Promise<unknown>>> = {
  'a push': async ({ store }, { layer }) => {
    const config = await push(store, 'a/new', '{}')
    const begun = await store.startUpload('a/new')
    const { id } = await store.writeUpload('a/new', begun.id, bytes('some of a new layer, '))
    const body = bytes('and the rest')
    const fresh = digestOf('some of a new layer, and the rest')
    await store.finishUpload('a/new', id, fresh, { body })
    await store.mountBlob('a/new', layer, { from: REPO })
    const subject = { mediaType: 'a/b', digest: config, size: 2 }
    await pushImage(store, 'a/new', config, [layer, fresh], { tags: ['v1', 'v2'], subject })
  },
  'a push of the same': async ({ store }) => fill(store),
  'a tag that moves': async ({ store }, { layer }) => {
    const config = await push(store, REPO, '{}')
    await pushImage(store, REPO, config, [layer, config], { tags: ['v1'] })
  },
  'a delete of an index and what it needs': async ({ store }, { index, image, signature }) => {
    await store.deleteManifest(REPO, index)
    await store.deleteManifest(REPO, signature)
    await store.deleteManifest(REPO, image)
  },
  'a delete of a whole repository, and its blobs': async ({ store }, { layer }) => {
    const { descriptor } = await store.getManifest(OTHER, 'v1')
    await store.deleteManifest(OTHER, descriptor.digest)
    await store.deleteBlob(OTHER, layer)
  },
  'a collector, days after deletes': async (on, { index, image, signature }) => {
    for (const digest of [index, image, signature]) await on.store.deleteManifest(REPO, digest)
    await days(on)
  },
  'a collector, days after a push of the same': async (on) => {
    await fill(on.store)
    await days(on)
  },
}

async function days(on: Stage): Promise<void> {
  for (let day = 0; day < 4; day++) {
    on.pass(DAY)
    await on.store.sweep()
    await on.store.collect()
  }
}

/** Runs `work`, and `between` before the call of the storage that comes after `count` others. */
async function interrupted<T>(
  on: Stage,
  count: number,
  between: () => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  let calls = 0
  on.hook = async () => {
    if (calls++ !== count) return
    on.hook = undefined
    await between()
  }
  try {
    return await work()
  } finally {
    on.hook = undefined
  }
}

/** How many calls of the storage something takes. */
async function callsOf(on: Stage, work: () => Promise<unknown>): Promise<number> {
  on.clear()
  await work()
  return on.calls.length
}

/** Of a long story some moments, about 25. */
function stepOf(calls: number): number {
  return Math.ceil(calls / 25)
}

function expectNoDamage(report: CheckReport, when: string): void {
  expect(report.findings, when).toEqual([])
  expect([report.damaged, report.unreadable, report.strays], when).toEqual([0, 0, 0])
}

describe.each(Object.entries(ACTIONS))('%s', (_name, act) => {
  test('at any call of a check, and all is whole afterwards', async () => {
    const { on: first } = await filled()
    const calls = await callsOf(first, () => first.check())
    expect(calls).toBeGreaterThan(20)
    for (let at = 0; at < calls; at++) {
      const { on, all } = await filled()
      const check = () => on.check({ repair: at % 2 === 0 })
      const report = await interrupted(on, at, () => act(on, all), check)
      expectNoDamage(report, `before call ${at}`)
      on.pass(HOUR)
      expectNoDamage(await on.check(), `after call ${at}`)
    }
  })

  test('with a check at any of its calls', async () => {
    const { on: first, all: those } = await filled()
    const calls = await callsOf(first, () => act(first, those))
    for (let at = 0; at < calls; at += stepOf(calls)) {
      const { on, all } = await filled()
      const reports: CheckReport[] = []
      const look = async () => reports.push(await on.check({ repair: at % 2 === 0 }))
      await interrupted(on, at, look, () => act(on, all))
      for (const report of reports) expectNoDamage(report, `at call ${at}`)
    }
  })

  test('broken off at any call leaves nothing that a repair does not mend', async () => {
    const { on: first, all: those } = await filled()
    const calls = await callsOf(first, () => act(first, those))
    for (let at = 0; at < calls; at += stepOf(calls)) {
      const { on, all } = await filled()
      let count = 0
      on.hook = () => {
        if (count++ >= at) throw new FaultError('killed')
      }
      await expect(act(on, all)).rejects.toThrow()
      on.hook = undefined
      on.pass(HOUR)
      const found = await on.check()
      expect(told(found).filter((problem) => !/^(referrer|catalog)$/.test(problem))).toEqual([])
      expect((await on.check({ repair: true })).damaged, `after call ${at}`).toBe(0)
      expectWhole(await on.check())
    }
  })
})

describe('a blob that is damaged and pushed again', () => {
  const heal = async (on: Stage) => {
    for (const repo of [REPO, OTHER]) await push(on.store, repo, 'the first layer')
  }
  const damaged = async () => {
    const { on, all } = await filled()
    await spoil(on.inner, await placeIn(on.inner, REPO, all.layer), 'the worst layer')
    return { on, all }
  }

  test('at any call of the check that sets it aside, is there', async () => {
    const { on: first } = await damaged()
    const calls = await callsOf(first, () => first.check({ repair: true }))
    for (let at = 0; at < calls; at++) {
      const { on, all } = await damaged()
      await interrupted(
        on,
        at,
        () => heal(on),
        () => on.check({ repair: true }),
      )
      // The first one may have been given the bytes of the other, which were still linked, and lost them again.
      expect(await read(on.store, REPO, all.layer), `at call ${at}`).not.toBe('the worst layer')
      expect(await read(on.store, OTHER, all.layer), `at call ${at}`).toBe('the first layer')
      await heal(on)
      expect((await on.check()).damaged).toBe(0)
    }
  })

  test('or mounted at any call of that check, is nowhere to be read any more', async () => {
    const { on: first } = await damaged()
    const calls = await callsOf(first, () => first.check({ repair: true }))
    let mounted = 0
    for (let at = 0; at < calls; at++) {
      const { on, all } = await damaged()
      const mount = async () => {
        for (const repo of ['m', 'n', 'o', 'p'])
          if (await on.store.mountBlob(repo, all.layer, { mayRead: () => true })) mounted++
      }
      await interrupted(on, at, mount, () => on.check({ repair: true }))
      for (const repo of [REPO, OTHER, 'm', 'n', 'o', 'p'])
        expect(await read(on.store, repo, all.layer), `mounted at call ${at}`).toBe('BLOB_UNKNOWN')
    }
    expect(mounted).toBeGreaterThan(20)
  })

  test('with a check at any call of the push', async () => {
    const { on: first } = await damaged()
    const calls = await callsOf(first, () => heal(first))
    for (let at = 0; at < calls; at++) {
      const { on, all } = await damaged()
      await interrupted(
        on,
        at,
        () => on.check({ repair: true }),
        () => heal(on),
      )
      const kept = await keysOf(on.inner, 'damaged/')
      const text = await read(on.store, REPO, all.layer)
      expect(text, `at call ${at}, ${kept.length} set aside`).toBe('the first layer')
    }
  })
})

describe('a storage that fails', () => {
  test.each(['error', 'lost answer'] as const)(
    'at any call (%s) is said to, and never called damaged',
    async (mishap) => {
      let count = 0
      for (let at = 0; at === 0 || at < count; at++) {
        let fault: ReturnType<typeof failing> | undefined
        const { on } = await filled({
          storage: (inner) => {
            fault = failing(inner)
            return fault.storage
          },
        })
        const before = fault!.count()
        if (at === 0) {
          await on.check()
          count = fault!.count() - before
          expect(count).toBeGreaterThan(20)
          continue
        }
        fault!.plan(at - 1, mishap)
        const report = await on.check({ repair: at % 2 === 0 }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(FaultError)
          return null
        })
        if (report)
          expect([
            report.damaged,
            report.strays,
            told(report).filter((each) => each !== 'unreadable'),
          ]).toEqual([0, 0, []])
        expectWhole(await on.check())
      }
    },
  )

  test('all the time ends the check', async () => {
    const { on } = await filled()
    for (let i = 0; i < 100; i++) await push(on.store, REPO, `blob ${i}`)
    on.hook = ({ method }) => {
      if (method === 'contents.read') throw new FaultError('the disk is gone')
    }
    await expect(on.check()).rejects.toThrow('the disk is gone')
  })

  test('for one record, tells which, and looks at all others', async () => {
    const { on, all } = await filled()
    const bad = (await keysOf(on.inner, linksOf(all.streamed)))[0]!
    await edit(on.inner, `repositories/${REPO}/_tags/`, '/v1', () => '')
    const { inner } = on
    const failing = stage({
      storage: () => ({
        ...inner,
        records: {
          ...inner.records,
          get: async (key, options) => {
            if (key === bad) throw new FaultError('a bad sector')
            return inner.records.get(key, options)
          },
          async *list(prefix, options) {
            for await (const entry of inner.records.list(prefix, options)) {
              if (entry.key === bad && options?.values) throw new FaultError('a bad sector')
              yield entry
            }
          },
        },
      }),
    })
    const report = await failing.check()
    expect(told(report)).toContain('unreadable')
    expect(report.findings.find(({ problem }) => problem === 'unreadable')).toMatchObject({
      at: bad,
      text: expect.stringContaining('a bad sector'),
    })
    expect(told(report)).toContain('tag')
    expect(report.blobs).toBe(4)
  })
})
