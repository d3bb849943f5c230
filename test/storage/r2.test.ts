import { afterAll, describe, expect, test } from 'vitest'
import { type R2Bucket, type R2Clock, r2 } from '../../adapters/storage/r2/index.ts'
import { startBucket } from './r2-bucket.ts'

const { bucket, dispose } = await startBucket()
afterAll(dispose)

const MINUTE = 60_000
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value)
const fresh = (): string => `k/${crypto.randomUUID()}`
const mark = (key: string) => bucket.put(key, new Uint8Array())

/** Time that passes only when somebody sleeps. */
function clockAt(start: number, onSleep: (ms: number) => void | Promise<void> = () => {}): R2Clock {
  let now = start
  return {
    now: () => now,
    async sleep(ms) {
      now += ms
      await onSleep(ms)
    },
  }
}

/** The bucket, with some calls replaced. */
function withCalls(calls: Partial<R2Bucket>): R2Bucket {
  return new Proxy(bucket, {
    get: (target, name) => {
      const own = calls[name as keyof R2Bucket]
      if (own) return own
      const method = target[name as keyof R2Bucket] as unknown as (...args: unknown[]) => unknown
      return (...args: unknown[]) => method.apply(target, args)
    },
  })
}

describe('a marker that stands for a removed record', () => {
  test('is absent to whoever reads or lists, and matches no version', async () => {
    const key = fresh()
    const { records } = r2(bucket)
    const marker = await mark(key)
    expect(await records.get(key)).toBe(null)
    for await (const entry of records.list(key)) expect(entry).toBe('nothing')
    for await (const entry of records.list(key, { values: true })) expect(entry).toBe('nothing')
    expect(await records.put(key, bytes('x'), { version: marker!.etag })).toBe(null)
    expect(await records.remove(key, marker!.etag)).toBe(false)
  })

  test.each(['create', 'put'] as const)('is waited for by %s until its delete has come', async (call) => {
    const key = fresh()
    await mark(key)
    let sleeps = 0
    const clock = clockAt(Date.now(), async () => {
      if (++sleeps === 3) await bucket.delete(key)
    })
    const { records } = r2(bucket, { clock })
    expect(await records[call](key, bytes('new'))).not.toBe(null)
    expect(sleeps).toBe(3)
    expect(text((await records.get(key))?.value)).toBe('new')
  })

  test.each(['create', 'put'] as const)(
    'is replaced by %s when no delete can follow any more',
    async (call) => {
      const key = fresh()
      await mark(key)
      let slept = 0
      const clock = clockAt(Date.now(), (ms) => {
        slept += ms
      })
      const { records } = r2(bucket, { clock })
      expect(await records[call](key, bytes('new'))).not.toBe(null)
      expect(slept).toBeGreaterThan(MINUTE)
      expect(text((await records.get(key))?.value)).toBe('new')
    },
  )

  test('is not replaced when a younger one has taken its place', async () => {
    const key = fresh()
    await mark(key)
    let heads = 0
    let rewritten = false
    const seen = withCalls({
      async head(name) {
        const found = await bucket.head(name)
        // Looked at for the first time, it is old; then another remover comes.
        if (++heads > 1) return found
        await new Promise((resolve) => setTimeout(resolve, 5))
        await mark(key)
        rewritten = true
        return { ...found!, key: name, size: 0, etag: found!.etag, uploaded: found!.uploaded }
      },
    })
    const clock = clockAt(Date.now() + 2 * MINUTE)
    await r2(seen, { clock }).records.create(key, bytes('new'))
    expect(rewritten).toBe(true)
    // It has looked again instead of writing over the younger one by the older one's age.
    expect(heads).toBe(2)
  })

  test('stays when its delete would be sent too late', async () => {
    const key = fresh()
    const clock = clockAt(Date.now())
    const slow = withCalls({
      async put(name, value, options) {
        await clock.sleep(6_000)
        return bucket.put(name, value, options)
      },
      delete: () => Promise.reject(new Error('nobody may delete this any more')),
    })
    const version = await r2(bucket).records.create(key, bytes('old'))
    expect(await r2(slow, { clock }).records.remove(key, version!)).toBe(true)
    expect((await bucket.head(key))?.size).toBe(0)
    expect(await r2(bucket).records.get(key)).toBe(null)
  })

  test('is enough: a delete that fails does not undo the removal', async () => {
    const key = fresh()
    const failing = withCalls({ delete: () => Promise.reject(new Error('no')) })
    const version = await r2(bucket).records.create(key, bytes('old'))
    expect(await r2(failing).records.remove(key, version!)).toBe(true)
    expect(await r2(bucket).records.get(key)).toBe(null)
  })

  test('does not hold up whoever gives up', async () => {
    const key = fresh()
    await mark(key)
    const controller = new AbortController()
    const clock = clockAt(Date.now(), () => controller.abort(new Error('enough')))
    const creating = r2(bucket, { clock }).records.create(key, bytes('x'), { signal: controller.signal })
    await expect(creating).rejects.toThrow('enough')
  })
})

describe('what R2 refuses', () => {
  const busy = () => Promise.reject(new Error('put: Reduce your rate of simultaneous writes. (10058)'))

  test('a key that is written too often is tried again, and then given up with 429', async () => {
    const slept: number[] = []
    const clock = clockAt(Date.now(), (ms) => void slept.push(ms))
    const { records } = r2(withCalls({ put: busy }), { clock })
    await expect(records.put(fresh(), bytes('x'))).rejects.toMatchObject({
      code: 'TOOMANYREQUESTS',
      status: 429,
    })
    expect(slept).toEqual([200, 400, 800, 1600])
    let refusals = 2
    const once = withCalls({ put: (...args) => (refusals-- > 0 ? busy() : bucket.put(...args)) })
    expect(await r2(once, { clock }).records.create(fresh(), bytes('x'))).not.toBe(null)
  })

  test('more operations than the plan allows are explained', async () => {
    const limit = () => Promise.reject(new Error('Too many subrequests by single Worker invocation.'))
    const { records, contents } = r2(withCalls({ get: limit, put: limit, createMultipartUpload: limit }))
    const explained = { code: 'DENIED', message: expect.stringContaining('fewer layers') }
    await expect(records.get('k')).rejects.toMatchObject(explained)
    await expect(records.create('k', bytes('x'))).rejects.toMatchObject(explained)
    await expect(contents.open('content/x')).rejects.toMatchObject(explained)
  })

  test.each(['sha256', 'sha512'] as const)('content with another %s', async (algorithm) => {
    const { contents } = r2(bucket)
    const digest = `${algorithm}:${'0'.repeat(algorithm === 'sha256' ? 64 : 128)}` as const
    const place = `content/${crypto.randomUUID()}`
    const writing = contents.write(place, bytes('x'), { size: 1, digest })
    await expect(writing).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
    expect(await contents.size(place)).toBe(null)
  })

  test('a part that another writer has replaced', async () => {
    const { contents } = r2(bucket)
    const place = `content/${crypto.randomUUID()}`
    const handle = await contents.open(place)
    const ours = await contents.piece(place, handle, { no: 1, offset: 0 }, bytes('ours'))
    await contents.piece(place, handle, { no: 1, offset: 0 }, bytes('else'))
    const sealing = contents.seal(place, handle, [{ no: 1, ...ours }], { size: 4 })
    await expect(sealing).rejects.toMatchObject({ code: 'BLOB_UPLOAD_INVALID' })
    expect(await contents.size(place)).toBe(null)
  })

  test('a range behind the end of what is shorter than it should be', async () => {
    const { contents } = r2(bucket)
    const place = await contents.write(`content/${crypto.randomUUID()}`, bytes('short'), { size: 5 })
    expect((await contents.read(place, { offset: 10, length: 5 }))?.size).toBe(5)
  })
})

test('a bucket may be shared below a prefix', async () => {
  const [one, two] = [r2(bucket, { prefix: 'one/' }), r2(bucket, { prefix: 'two/' })]
  await one.records.create('a', bytes('1'))
  await one.contents.write('content/a', bytes('1'), { size: 1 })
  expect(await two.records.get('a')).toBe(null)
  expect(await two.contents.size('content/a')).toBe(null)
  expect((await bucket.head('one/a'))?.size).toBe(1)
  expect(one.traits.maxKey).toBe(1020)
  expect(() => r2(bucket, { prefix: 'x'.repeat(600) })).toThrow('prefix')
})
