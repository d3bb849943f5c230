/** Records that are too long for one value. */

import { expect, test } from 'vitest'
import type { KeyValue } from '../../../adapters/storage/kv/face.ts'
import { keyValueRecords } from '../../../adapters/storage/kv/records.ts'
import { memory } from '../../../src/storage/index.ts'

/** A store in memory whose values are short. */
function shortValues(maxValue: number): KeyValue {
  const { records } = memory()
  return {
    maxValue,
    get: (key) => records.get(key),
    set(key, value, only) {
      if (value.length > maxValue) throw new Error('the value is too long')
      if (only === null) return records.create(key, value)
      return records.put(key, value, only === undefined ? {} : { version: only })
    },
    async delete(key, version) {
      if (version !== undefined) return records.remove(key, version)
      await records.drop([key])
      return true
    },
    list: (prefix, after, limit) =>
      records.list(prefix, { limit, values: true, ...(after === undefined ? {} : { after }) }),
  }
}

async function keysIn(values: KeyValue): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of values.list('', undefined, Number.POSITIVE_INFINITY)) keys.push(key)
  return keys
}

/** Records over values of 64 bytes: a short record fits, a long one does not. */
function setup() {
  const [values, parts] = [shortValues(64), shortValues(64)]
  return { values, parts, records: keyValueRecords(values, parts, 100) }
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const long = (letter: string) => new TextEncoder().encode(letter.repeat(200))

test('a long record comes back whole, and its parts go with it', async () => {
  const { parts, records } = setup()
  const version = await records.create('a', long('a'))
  expect(text((await records.get('a'))?.value)).toBe('a'.repeat(200))
  expect(await keysIn(parts)).toHaveLength(4)
  expect(await records.remove('a', 'another')).toBe(false)
  expect(await keysIn(parts)).toHaveLength(4)
  expect(await records.remove('a', version!)).toBe(true)
  expect(await keysIn(parts)).toEqual([])
})

test('whatever takes its place, or does not, no part stays without a record', async () => {
  const { parts, records } = setup()
  const first = await records.put('a', long('a'))
  expect(await records.create('a', long('b'))).toBeNull()
  expect(await records.put('a', long('c'), { version: 'another' })).toBeNull()
  expect(await keysIn(parts)).toHaveLength(4)
  await records.put('a', long('d'), { version: first! })
  expect(await keysIn(parts)).toHaveLength(4)
  expect(text((await records.get('a'))?.value)).toBe('d'.repeat(200))
  await records.put('a', new Uint8Array(3))
  expect(await keysIn(parts)).toEqual([])
  await records.put('b', long('e'))
  await records.drop(['a', 'b', 'c'])
  expect(await keysIn(parts)).toEqual([])
})

test('of many writers of long records one is left, and its parts only', async () => {
  const { parts, records } = setup()
  await Promise.all(Array.from({ length: 10 }, (_, i) => records.put('a', long(`${i}`))))
  expect(new Set(text((await records.get('a'))?.value)).size).toBe(1)
  expect(await keysIn(parts)).toHaveLength(4)
})

test('a reader that comes between gets old or new; a lost part is told', async () => {
  const { values, parts, records } = setup()
  await records.put('a', long('a'))
  const get = values.get
  let meanwhile: (() => Promise<unknown>) | undefined = () => records.put('a', long('b'))
  values.get = async (key) => {
    const rec = await get(key)
    const next = meanwhile
    meanwhile = undefined
    await next?.()
    return rec
  }
  expect(text((await records.get('a'))?.value)).toBe('b'.repeat(200))
  const [part] = await keysIn(parts)
  await parts.delete(part!)
  await expect(records.get('a')).rejects.toThrow('the record a has lost a part')
})
