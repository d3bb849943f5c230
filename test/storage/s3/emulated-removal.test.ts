import { describe, expect, test } from 'vitest'
import { createClient } from '../../../adapters/storage/s3/client.ts'
import { emulatedRemoval } from '../../../adapters/storage/s3/emulated-removal.ts'
import { settingsOf } from '../../../adapters/storage/s3/options.ts'
import { bucketRecords } from '../../../adapters/storage/s3/records.ts'
import { fakeStore } from './fake.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const OBJECT = 'records/a!'

/** A store that ignores conditions on deletes, and a switch that lets raw deletes go astray. */
function stage() {
  const fake = fakeStore({ ignores: ['delete if-match'] })
  const settings = settingsOf(fake.options)
  const records = emulatedRemoval(bucketRecords(createClient(settings), 'records/', 640), settings)
  const keys = async (values: boolean) => {
    const found: string[] = []
    for await (const { key } of records.list('', { values })) found.push(key)
    return found
  }
  const loseDeletes = () => {
    fake.before = ({ method }) => (method === 'DELETE' ? new TypeError('socket closed') : undefined)
  }
  /** Removes a key so that its marker stays. */
  const leaveMarker = async () => {
    const version = await records.put('a', bytes('one'))
    loseDeletes()
    expect(await records.remove('a', version!)).toBe(true)
    fake.before = () => undefined
    expect(fake.objects.has(OBJECT)).toBe(true)
    fake.requests.length = 0
  }
  return { fake, records, keys, leaveMarker }
}

describe('a removal', () => {
  test('is a conditional write and a delete', async () => {
    const { fake, records } = stage()
    const version = await records.create('a', bytes('one'))
    fake.requests.length = 0
    expect(await records.remove('a', version!)).toBe(true)
    expect(fake.requests.map(({ method, headers }) => [method, headers.get('if-match')])).toEqual([
      ['PUT', version],
      ['DELETE', null],
    ])
    expect(fake.objects.size).toBe(0)
  })

  test('with a stale version does nothing', async () => {
    const { fake, records } = stage()
    const stale = await records.put('a', bytes('one'))
    await records.put('a', bytes('two'))
    expect(await records.remove('a', stale!)).toBe(false)
    expect(await records.remove('b', stale!)).toBe(false)
    expect(fake.objects.size).toBe(1)
  })

  test('whose marker took 5 seconds deletes nothing', async () => {
    const { fake, records } = stage()
    const version = await records.put('a', bytes('one'))
    fake.after = ({ method }) => {
      if (method === 'PUT') fake.now += 5_000
      return undefined
    }
    expect(await records.remove('a', version!)).toBe(true)
    expect(fake.requests.some(({ method }) => method === 'DELETE')).toBe(false)
    expect(await records.get('a')).toBe(null)
  })

  test('deletes once, not again', async () => {
    const { fake, leaveMarker } = stage()
    const requests: string[] = []
    fake.after = ({ method }) => void requests.push(method) as undefined
    await leaveMarker()
    expect(requests.filter((method) => method === 'DELETE').length).toBe(1)
  })
})

describe('a marker', () => {
  test('is an absent key', async () => {
    const { records, keys, leaveMarker } = stage()
    await leaveMarker()
    await records.put('b', bytes('two'))
    expect(await records.get('a')).toBe(null)
    expect(await keys(false)).toEqual(['b'])
    expect(await keys(true)).toEqual(['b'])
  })

  test('is not mistaken for a value of its length', async () => {
    const { fake, records, keys, leaveMarker } = stage()
    await leaveMarker()
    const { length } = fake.objects.get(OBJECT)!.bytes
    await records.put('b', bytes('v'.repeat(length)))
    expect(await keys(false)).toEqual(['b'])
    expect(await keys(true)).toEqual(['b'])
  })

  test.each(['create', 'put'] as const)('makes a %s wait until it is over 60 seconds old', async (write) => {
    const { fake, records, leaveMarker } = stage()
    await leaveMarker()
    const marked = fake.now
    expect(typeof (await records[write]('a', bytes('two')))).toBe('string')
    expect(fake.now - marked).toBeGreaterThan(60_000)
    expect(fake.now - marked).toBeLessThan(63_000)
    expect((await records.get('a'))?.value).toEqual(bytes('two'))
  })

  test.each(['create', 'put'] as const)('that goes makes way for a %s at once', async (write) => {
    const { fake, records, leaveMarker } = stage()
    await leaveMarker()
    const marked = fake.now
    let looks = 0
    fake.after = ({ method }) => {
      if (method === 'GET' && ++looks === 3) fake.objects.delete(OBJECT)
      return undefined
    }
    expect(typeof (await records[write]('a', bytes('two')))).toBe('string')
    expect(fake.now - marked).toBeLessThan(2_000)
  })

  test('is unlike every other: who waited for an old one does not write over a new one', async () => {
    const { fake, records, leaveMarker } = stage()
    await leaveMarker()
    fake.now += 61_000
    const first = fake.objects.get(OBJECT)!
    const other = stage()
    await other.leaveMarker()
    const second = { ...other.fake.objects.get(OBJECT)!, modified: fake.now }
    expect(second.etag).not.toBe(first.etag)
    // Another writer comes and goes between our look and our write.
    fake.before = ({ method, headers }) => {
      if (method !== 'PUT' || headers.get('if-match') === null) return undefined
      fake.before = () => undefined
      fake.objects.set(OBJECT, second)
      return undefined
    }
    const began = fake.now
    expect(typeof (await records.create('a', bytes('two')))).toBe('string')
    expect(fake.now - began).toBeGreaterThan(60_000)
  })
})

test('a writer that always loses gives up', async () => {
  const { fake, records } = stage()
  await records.put('a', bytes('0'))
  let count = 0
  fake.before = ({ method }) => {
    if (method !== 'PUT') return undefined
    fake.objects.set(OBJECT, { bytes: bytes('theirs'), etag: `"${++count}"`, modified: fake.now })
    return undefined
  }
  await expect(records.put('a', bytes('mine'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(count).toBe(100)
})
