/**
 * Records under races.
 * @module
 */

import type { StorageTests } from './scope.ts'
import { text, utf8 } from './scope.ts'

/** Conditions hold, and readers see whole records, whoever else is at work. */
export const conditionTests: StorageTests = {
  'race: of 50 creates one wins': async ({ records, key, expect }) => {
    for (const volatile of [false, true]) {
      const name = key(`race/${volatile}`)
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, i) => records.create(name, utf8(`value ${i}`), { volatile })),
      )
      const winners = results.flatMap((version, i) => (version === null ? [] : [{ version, i }]))
      expect(winners.length).toBe(1)
      const rec = await records.get(name)
      expect(rec?.version).toBe(winners[0]?.version)
      expect(text(rec?.value)).toBe(`value ${winners[0]?.i}`)
    }
  },

  'race: of 20 conditional puts one wins': async ({ records, key, expect }) => {
    let version = await records.put(key('a'), utf8('start'))
    for (let round = 0; round < 3; round++) {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          records.put(key('a'), utf8(`${round}.${i}`), { version: version! }),
        ),
      )
      const winner = results.findIndex((result) => result !== null)
      expect(results.filter((result) => result !== null).length).toBe(1)
      expect(text((await records.get(key('a')))?.value)).toBe(`${round}.${winner}`)
      version = results[winner]!
    }
  },

  'race: remove against put, exactly one happens': async ({ records, key, expect }) => {
    for (let round = 0; round < 10; round++) {
      const name = key(`r/${round}`)
      const version = await records.put(name, utf8(`old ${round}`))
      const remove = (): Promise<boolean> => records.remove(name, version!)
      const put = (): Promise<string | null> => records.put(name, utf8(`new ${round}`), { version: version! })
      const [removed, written] =
        round % 2 === 0
          ? await Promise.all([remove(), put()])
          : await Promise.all([put(), remove()]).then(([a, b]) => [b, a] as const)
      expect(removed).toBe(written === null)
      const rec = await records.get(name)
      expect(rec === null ? null : text(rec.value)).toBe(removed ? null : `new ${round}`)
    }
  },

  'race: of removes one wins': async ({ records, key, expect }) => {
    const version = await records.put(key('a'), utf8('x'))
    const results = await Promise.all(Array.from({ length: 10 }, () => records.remove(key('a'), version!)))
    expect(results.filter(Boolean).length).toBe(1)
  },

  'race: a key that comes and goes': async ({ records, key, keys, expect }) => {
    // Neighbours are created and removed all the time: none may take another's ground away.
    const worker = async (worker: number): Promise<void> => {
      for (let round = 0; round < 12; round++) {
        const name = key(`deep/er/${worker % 2}/${worker}`)
        const version = await records.create(name, utf8(`${worker}.${round}`), { volatile: round % 2 === 0 })
        expect(text((await records.get(name))?.value)).toBe(`${worker}.${round}`)
        if (round % 3 === 0) await records.drop([name])
        else expect(await records.remove(name, version!)).toBe(true)
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, i) => worker(i)))
    expect(await keys()).toEqual([])
  },

  'rewrite: readers see old or new, never neither': async ({ records, key, expect }) => {
    const valueIn = (round: number): string => `${round}:${'x'.repeat((round % 7) * 10_000)}`
    await records.put(key('a'), utf8(valueIn(0)))
    let writing = true
    const bad: string[] = []
    const reader = async (): Promise<void> => {
      let newest = 0
      while (writing) {
        const value = text((await records.get(key('a')))?.value)
        const round = Number.parseInt(value ?? '', 10)
        if (value === undefined || value !== valueIn(round)) bad.push(`round ${round} is not whole`)
        if (round < newest) bad.push(`${round} after ${newest}`)
        newest = round
        // A driver may answer from memory, at once: the writer must get its turn all the same.
        await new Promise((resolve) => setTimeout(resolve))
      }
    }
    const readers = Array.from({ length: 4 }, reader)
    for (let round = 1; round <= 30; round++) await records.put(key('a'), utf8(valueIn(round)))
    writing = false
    await Promise.all(readers)
    expect(bad).toEqual([])
  },
}
