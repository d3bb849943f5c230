import { describe, expect, test } from 'vitest'
import { s3 } from '../../../adapters/storage/s3/index.ts'
import { type Faults, fakeStore, refusal } from './fake.ts'

const note = (text: string) => ({ bytes: new TextEncoder().encode(text), etag: '"x"', modified: 0 })

describe('a bucket is asked once', () => {
  test('by 50 racing creates, and nothing but the note is left', async () => {
    const fake = fakeStore()
    await s3({ ...fake.options, prefix: 'r' })
    const creates = fake.requests.filter(
      ({ object, headers }) => object.endsWith('/race!') && headers.get('if-none-match') === '*',
    )
    expect(creates.length).toBe(50)
    expect([...fake.objects.keys()]).toEqual(['r/ocikit.json'])
    expect(new TextDecoder().decode(fake.objects.get('r/ocikit.json')?.bytes)).toBe(
      '{"format":1,"remove":"exact","verifies":true}\n',
    )
  })

  test('a later start reads what was found, and nothing else', async () => {
    const fake = fakeStore()
    await s3(fake.options)
    fake.requests.length = 0
    const { traits } = await s3(fake.options)
    expect(traits.remove).toBe('exact')
    expect(fake.requests.length).toBe(1)
  })

  test('of two that begin at once the first decides for both', async () => {
    const fake = fakeStore()
    fake.before = ({ method, object }) => {
      if (method === 'PUT' && object === 'ocikit.json' && !fake.objects.has(object))
        fake.objects.set(object, note('{"format":1,"remove":"emulated","verifies":false}'))
      return undefined
    }
    const { traits, contents } = await s3(fake.options)
    expect(traits.remove).toBe('emulated')
    expect(contents.verifies).toEqual([])
  })
})

describe('a bucket is refused', () => {
  test.each<[string, Faults, RegExp]>([
    [
      'ignores If-None-Match',
      { ignores: ['if-none-match'] },
      /of 50 requests that created one key at once 50 succeeded/,
    ],
    ['ignores If-Match', { ignores: ['if-match'] }, /a conditional write to an absent key succeeded/],
    ['does not know them', { unimplemented: true }, /it does not know If-None-Match \(501 NotImplemented\)/],
  ])('that %s', async (_, faults, message) => {
    const fake = fakeStore(faults)
    const error = await s3(fake.options).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'S3Error', code: 'UnfitStore' })
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).toMatch(
      /^the bucket "images" at http:\/\/s3\.test cannot be used: [^\n]*$/,
    )
    expect(fake.objects.size).toBe(0)
  })

  test.each(['{"format":2}', '{}', 'null', 'not JSON'])('that another version wrote: %s', async (text) => {
    const fake = fakeStore()
    fake.objects.set('ocikit.json', note(text))
    await expect(s3(fake.options)).rejects.toThrow('this version knows 1')
  })

  test('that may not be written to', async () => {
    const fake = fakeStore()
    fake.before = ({ method }) => (method === 'PUT' ? refusal(403, 'AccessDenied') : undefined)
    await expect(s3(fake.options)).rejects.toThrow('give the key the right to list, read, write and delete')
  })
})

describe('what a store cannot do is found out', () => {
  test('a delete that ignores its condition is emulated', async () => {
    const { traits } = await s3(fakeStore({ ignores: ['delete if-match'] }).options)
    expect(traits.remove).toBe('emulated')
  })

  test('a conditional delete that the store does not know is emulated', async () => {
    const fake = fakeStore()
    fake.before = ({ method, headers }) =>
      method === 'DELETE' && headers.has('if-match') ? refusal(501, 'NotImplemented') : undefined
    expect((await s3(fake.options)).traits.remove).toBe('emulated')
  })

  test('a store that does not compare SHA-256 is not trusted with it', async () => {
    const { contents } = await s3(fakeStore({ trusting: true }).options)
    expect(contents.verifies).toEqual([])
  })
})

test('keys are as long as the prefix leaves room for', async () => {
  const fake = fakeStore()
  expect((await s3(fake.options)).traits.maxKey).toBe(640)
  expect((await s3({ ...fake.options, prefix: 'p'.repeat(200) })).traits.maxKey).toBe(538)
})
