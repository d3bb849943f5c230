import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { type DurableObjectNamespace, durableRecords } from '../../../adapters/cloudflare/index.ts'
import { cloudflareKv } from '../../../adapters/storage/kv/index.ts'
import { createStore } from '../../../src/index.ts'
import { memory } from '../../../src/storage/index.ts'
import { noise } from '../../../src/testing/storage/scope.ts'
import { fakeNamespace } from './fake-namespace.ts'

const MIB = 1024 * 1024
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const

describe('keys', () => {
  test('the longest name of a repository, with a referrer by sha512, fits into 512 bytes', async () => {
    const kv = fakeNamespace()
    const store = createStore({ storage: cloudflareKv(kv), sparse: true })
    const name = 'n'.repeat(191)
    const subject = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: `sha512:${'a'.repeat(128)}`,
      size: 1,
    }
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [],
      subject,
    }
    const bytes = bytesOf(JSON.stringify(manifest))
    const digest = `sha512:${createHash('sha512').update(bytes).digest('hex')}` as const
    await store.pushManifest(name, bytes, manifest.mediaType, { digest, tags: ['t'.repeat(128)] })
    const blob = noise(9 * MIB)
    let { id } = await store.startUpload(name)
    ;({ id } = await store.writeUpload(name, id, blob, { offset: 0 }))
    await store.finishUpload(name, id, digestOf(blob))
    expect(Math.max(...[...kv.values.keys()].map((key) => bytesOf(key).length))).toBeLessThanOrEqual(512)
    const long = store.pushManifest(`${name}n`, bytes, manifest.mediaType)
    await expect(long).rejects.toMatchObject({
      code: 'NAME_INVALID',
      message: expect.stringContaining('191'),
    })
  })

  test('a prefix keeps two registries apart, and must be short', async () => {
    const kv = fakeNamespace()
    const [one, two] = ['one/', 'two/'].map((prefix) => cloudflareKv(kv, { prefix }))
    await one!.records.put('a', bytesOf('1'))
    await one!.contents.write('content/x', bytesOf('2'), { size: 1 })
    expect(await two!.records.get('a')).toBeNull()
    expect(await two!.contents.size('content/x')).toBeNull()
    expect([...kv.values.keys()].filter((key) => !key.startsWith('one/'))).toEqual([])
    expect(() => cloudflareKv(kv, { prefix: 'x'.repeat(113) })).toThrow('at most 112 bytes')
  })
})

describe('bytes', () => {
  test('a large blob lies in values of 8 MiB; a range reads only those that it needs', async () => {
    const kv = fakeNamespace()
    const storage = cloudflareKv(kv)
    const store = createStore({ storage })
    const blob = noise(20 * MIB)
    const digest = digestOf(blob)
    await store.pushBlob(
      'a',
      { digest, size: blob.length },
      new Blob([blob as Uint8Array<ArrayBuffer>]).stream(),
    )
    const sizes = [...kv.values].filter(([key]) => key.startsWith('d/')).map(([, { bytes }]) => bytes.length)
    expect(sizes.sort((a, b) => b - a)).toEqual([8 * MIB, 8 * MIB, 4 * MIB])
    kv.calls.length = 0
    const part = await store.getBlob('a', digest, { range: { first: 8 * MIB - 5, last: 8 * MIB + 4 } })
    expect(digestOf(await part.bytes())).toBe(digestOf(blob.subarray(8 * MIB - 5, 8 * MIB + 5)))
    expect(kv.calls.filter((call) => call.startsWith('get d/'))).toHaveLength(2)
    expect(digestOf(await (await store.getBlob('a', digest)).bytes(blob.length))).toBe(digest)
  })

  test('what has not got here yet breaks the stream off, and never ends it short', async () => {
    const kv = fakeNamespace()
    const { contents } = cloudflareKv(kv)
    const place = await contents.write('content/x', bytesOf('content'), { size: 7 })
    for (const key of kv.values.keys()) if (key.startsWith('d/')) kv.values.delete(key)
    const found = await contents.read(place)
    await expect(
      new Response(found!.stream() as ReadableStream<Uint8Array<ArrayBuffer>>).text(),
    ).rejects.toThrow('have not got here yet')
  })

  test('what was removed or abandoned leaves no value behind', async () => {
    const kv = fakeNamespace()
    const { contents } = cloudflareKv(kv)
    await contents.write('content/x', bytesOf('content'), { size: 7 })
    const handle = await contents.open('content/y')
    await contents.piece('content/y', handle, { no: 1, offset: 0, size: 3 }, bytesOf('one'))
    await contents.abandon('content/y', '')
    await contents.remove(['content/x'])
    expect([...kv.values.keys()]).toEqual([])
  })
})

describe('with records elsewhere', () => {
  test('only bytes are in KV, and space can be freed', async () => {
    const kv = fakeNamespace()
    const spaces = new Map<string, ReturnType<typeof memory>>()
    const records = (space: string) => {
      const own = spaces.get(space) ?? memory()
      spaces.set(space, own)
      return own.records
    }
    const store = createStore({ storage: cloudflareKv(kv, { records }) })
    const blob = bytesOf('content')
    await store.pushBlob('a', { digest: digestOf(blob) }, blob)
    expect([...kv.values.keys()].every((key) => key.startsWith('d/'))).toBe(true)
    expect(await store.collect()).toMatchObject({ complete: true })
  })
})

describe('limits of Cloudflare', () => {
  test('a write that comes too soon waits for its turn; one that comes too soon for long is told so', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      const kv = fakeNamespace()
      const { records } = cloudflareKv(kv)
      const tooSoon = () => new Error('KV PUT failed: 429 Too Many Requests')
      kv.failures.push(tooSoon(), tooSoon())
      const written = records.put('a', bytesOf('x'))
      await vi.advanceTimersByTimeAsync(3_000)
      expect(await written).toBeTypeOf('string')
      kv.failures.push(...Array.from({ length: 4 }, tooSoon))
      const refused = expect(records.put('a', bytesOf('y'))).rejects.toMatchObject({
        code: 'TOOMANYREQUESTS',
      })
      await vi.advanceTimersByTimeAsync(3_000)
      await refused
    } finally {
      vi.useRealTimers()
    }
  })

  test('a namespace or a Durable Object that does not answer now is no error of ours', async () => {
    const unavailable = { code: 'UNAVAILABLE', status: 503 }
    const kv = fakeNamespace()
    kv.failures.push(new Error('KV GET failed: 503 Service Unavailable'))
    await expect(cloudflareKv(kv).records.get('a')).rejects.toMatchObject(unavailable)
    kv.failures.push(new Error('KV GET failed: 414 UTF-8 encoded length of 9999 exceeds key length limit'))
    await expect(cloudflareKv(kv).records.get('a')).rejects.toThrow('414')

    const failing = (error: Error): DurableObjectNamespace => ({
      idFromName: (name) => name,
      get: () => ({ fetch: () => Promise.reject(error) }),
    })
    for (const passing of [{ retryable: true }, { overloaded: true, remote: true }]) {
      const records = durableRecords(failing(Object.assign(new Error('not now'), passing)))('records')
      await expect(records.get('a')).rejects.toMatchObject(unavailable)
    }
    await expect(durableRecords(failing(new Error('our own')))('records').get('a')).rejects.toThrow('our own')
  })

  test('too many operations in a request are explained', async () => {
    const kv = fakeNamespace()
    kv.failures.push(new Error('Too many API requests by single worker invocation.'))
    await expect(cloudflareKv(kv).records.get('a')).rejects.toMatchObject({
      code: 'DENIED',
      status: 403,
      message: expect.stringContaining('the paid plan'),
    })
  })
})
