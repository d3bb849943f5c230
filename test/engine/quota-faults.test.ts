import { describe, expect, test } from 'vitest'
import { collectAlone } from '../../src/engine/index.ts'
import { FaultError, failing } from './failing.ts'
import { quotaStage, TEAM, used } from './quotas.ts'
import { DAY, digestOf, INDEX, indexOf, push } from './stage.ts'

describe.each(['error', 'lost answer'] as const)('a call of the storage that fails (%s)', (mishap) => {
  test('lets a retry succeed, and a recount be right', async () => {
    for (let call = 0; ; call++) {
      const on = quotaStage(TEAM)
      const faults = failing(on.storage)
      const store = on.open([TEAM], faults.storage)
      const steps = [
        () => push(store, 'team/a', '0123456789'),
        () => store.mountBlob('team/b', digestOf('0123456789'), { from: 'team/a' }),
        () => store.pushManifest('team/a', indexOf([digestOf('0123456789')]), INDEX),
        () => store.deleteManifest('team/a', digestOf(indexOf([digestOf('0123456789')]))),
        () => store.deleteBlob('team/b', digestOf('0123456789')),
      ]
      faults.plan(call, mishap)
      let failed = false
      for (const step of steps) {
        await step().catch(async (error) => {
          failed = true
          expect(error).toBeInstanceOf(FaultError)
          // What was done after all is done only once.
          await step().catch((again: { code?: string }) => expect(again.code).toMatch(/_UNKNOWN$/))
        })
      }
      await collectAlone(on.storage, { grace: DAY, now: on.now })
      expect(await used(on.open())).toEqual([[10, 0]])
      if (!failed) return expect(call).toBeGreaterThan(20)
    }
  })
})
