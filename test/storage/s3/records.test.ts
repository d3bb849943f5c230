import { describe, expect, test } from 'vitest'
import { createClient } from '../../../adapters/storage/s3/client.ts'
import { settingsOf } from '../../../adapters/storage/s3/options.ts'
import { bucketRecords } from '../../../adapters/storage/s3/records.ts'
import { fakeStore, refusal } from './fake.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

function stage() {
  const fake = fakeStore()
  const records = bucketRecords(createClient(settingsOf(fake.options)), 'records/', 640)
  /** The next answer is lost after the store has done what was asked, and then `meanwhile` happens. */
  const loseAnswer = (meanwhile: () => void = () => {}) => {
    fake.after = () => {
      fake.after = () => undefined
      meanwhile()
      return new TypeError('socket closed')
    }
  }
  const store = (text: string) => {
    const etag = `"${text}"`
    fake.objects.set('records/a!', { bytes: bytes(text), etag, modified: fake.now })
    return etag
  }
  return { fake, records, loseAnswer, store }
}

describe('an answer that was lost after success', () => {
  test('of a create: it is ours', async () => {
    const { fake, records, loseAnswer } = stage()
    loseAnswer()
    const version = await records.create('a', bytes('mine'))
    expect(version).toBe(fake.objects.get('records/a!')?.etag)
    expect(fake.requests.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'GET'])
  })

  test('of a create of what is there: it is not', async () => {
    const { records, loseAnswer, store } = stage()
    store('theirs')
    loseAnswer()
    expect(await records.create('a', bytes('mine'))).toBe(null)
  })

  test('of a conditional put: it is ours', async () => {
    const { fake, records, loseAnswer, store } = stage()
    const version = store('old')
    loseAnswer()
    expect(await records.put('a', bytes('new'), { version })).toBe(fake.objects.get('records/a!')?.etag)
  })

  test('of a conditional put, and then others wrote or removed', async () => {
    const { fake, records, loseAnswer, store } = stage()
    for (const meanwhile of [() => void store('theirs'), () => void fake.objects.clear()]) {
      const version = store('old')
      loseAnswer(meanwhile)
      expect(await records.put('a', bytes('new'), { version })).toBe(null)
    }
  })

  test('of a removal: it is gone', async () => {
    const { fake, records, loseAnswer, store } = stage()
    const version = store('old')
    loseAnswer()
    expect(await records.remove('a', version)).toBe(true)
    expect(fake.objects.size).toBe(0)
  })

  test('of a removal, and then others wrote: what is theirs stays', async () => {
    const { fake, records, loseAnswer, store } = stage()
    const version = store('old')
    loseAnswer(() => store('theirs'))
    expect(await records.remove('a', version)).toBe(false)
    expect(fake.objects.size).toBe(1)
  })
})

test('without a lost answer a refused condition costs one request', async () => {
  const { fake, records, store } = stage()
  store('theirs')
  expect(await records.create('a', bytes('mine'))).toBe(null)
  expect(await records.put('a', bytes('mine'), { version: '"other"' })).toBe(null)
  expect(await records.remove('a', '"other"')).toBe(false)
  expect(fake.requests.length).toBe(3)
})

test('an absent key is null, a missing bucket an error', async () => {
  const { fake, records } = stage()
  expect(await records.get('a')).toBe(null)
  fake.before = () => refusal(404, 'NoSuchBucket')
  await expect(records.get('a')).rejects.toThrow('does not exist: create it')
  await expect(records.remove('a', '"x"')).rejects.toThrow('does not exist: create it')
})

test('a listing asks for no more than is wanted, page by page', async () => {
  const { fake, records } = stage()
  const names = Array.from({ length: 2500 }, (_, i) => `k/${String(i).padStart(4, '0')}`)
  for (const name of names)
    fake.objects.set(`records/${name}!`, { bytes: bytes('x'), etag: '"x"', modified: 0 })
  fake.objects.set('records/k/not a key', { bytes: bytes('x'), etag: '"x"', modified: 0 })
  const found: string[] = []
  for await (const { key } of records.list('k/')) found.push(key)
  expect(found).toEqual(names)
  expect(fake.requests.length).toBe(3)
  for await (const _ of records.list('k/', { limit: 7 }));
  expect(fake.requests.at(-1)?.url.searchParams.get('max-keys')).toBe('7')
  for await (const _ of records.list('k/')) break
  expect(fake.requests.length).toBe(5)
  for await (const _ of records.list('k/', { after: 'z' }));
  for await (const _ of records.list('k/', { limit: 0 }));
  expect(fake.requests.length).toBe(5)
})

test('many keys are dropped 1,000 at a time, and those that the store skipped once more', async () => {
  const { fake, records } = stage()
  const names = Array.from({ length: 1500 }, (_, i) => `k/${i}`)
  for (const name of names)
    fake.objects.set(`records/${name}!`, { bytes: bytes('x'), etag: '"x"', modified: 0 })
  fake.before = () => {
    fake.before = () => undefined
    const error = '<Error><Key>records/k/3!</Key><Code>InternalError</Code></Error>'
    return new Response(`<DeleteResult>${error}</DeleteResult>`)
  }
  await records.drop(names.slice(0, 1000))
  expect(fake.objects.size).toBe(1499)
  await records.drop(names)
  expect(fake.objects.size).toBe(0)
  expect(fake.requests.length).toBe(4)
  expect(fake.requests[0]?.headers.get('content-md5')).toMatch(/^[\w+/]{22}==$/)
  fake.before = () =>
    new Response('<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>')
  await expect(records.drop(names)).rejects.toThrow('did not remove 1 objects: AccessDenied')
})
