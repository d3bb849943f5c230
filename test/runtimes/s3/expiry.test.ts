import { describe, expect, test } from 'vitest'
import { type S3Options, s3 } from '../../../adapters/storage/s3/index.ts'
import { createStore, type Store } from '../../../src/index.ts'
import type { Digest } from '../../../src/oci/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { sha256, streamed } from '../../crash/http.ts'
import { DAY, HOUR, keysOf } from '../../engine/stage.ts'
import { bucketOptions, describeBucket } from '../../storage/s3/bucket.ts'
import { fakeStore } from '../../storage/s3/fake.ts'

const MIB = 1024 * 1024

/** Objects and uploads that hold bytes, told by requests of our own. */
interface Left {
  readonly contents: number
  readonly uploads: number
}

interface Stage {
  readonly storage: Storage
  readonly now: () => number
  /** Another process with the same clock. */
  another(): Promise<Store>
  pass(ms: number): void
  left(): Promise<Left>
}

async function stageOn(options: S3Options, left: () => Promise<Left>): Promise<Stage> {
  let passed = 0
  const now = () => Math.floor((options.now ?? Date.now)()) + passed
  return {
    storage: await s3(options),
    now,
    another: async () => createStore({ storage: await s3(options), now }),
    pass: (ms) => {
      passed += ms
    },
    left,
  }
}

/** Every way in which an upload can be left lying about. */
async function abandonUploads({ another, storage, now }: Stage): Promise<Digest> {
  const store = await another()
  const some = Buffer.alloc(6 * MIB + 10, 'x')
  // A tail only.
  const tail = await store.startUpload('a')
  await store.writeUpload('a', tail.id, some.subarray(0, 1000))
  // A multipart upload and a tail.
  const both = await store.startUpload('a')
  const written = await store.writeUpload('a', both.id, streamed(some, 100_000))
  await store.writeUpload('a', written.id, some.subarray(0, 10))
  // A finish whose digest was wrong, and of an algorithm that nobody has hashed with: sealed bytes.
  const sealed = await store.startUpload('a')
  const whole = await store.writeUpload('a', sealed.id, streamed(some, 100_000))
  const wrong = `sha512:${'0'.repeat(128)}` as const
  await expect(store.finishUpload('a', whole.id, wrong)).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
  // A process that died in the middle of a PATCH: a handle that no record names.
  const dying = await store.startUpload('a')
  const stuck = new AbortController()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array(6 * MIB))
      stuck.signal.addEventListener('abort', () => controller.error(new Error('gone')))
    },
  })
  let onOpened = (): void => {}
  const opened = new Promise<void>((resolve) => {
    onOpened = resolve
  })
  const dead = createStore({ storage: withoutEnd(storage, () => onOpened()), now })
  const patch = dead.writeUpload('a', dying.id, body, { offset: 0, size: 8 * MIB })
  await Promise.race([opened, patch])
  stuck.abort()
  await expect(patch).rejects.toThrow('gone')
  // And one blob that stays.
  const digest = sha256(some) as Digest
  await store.pushBlob('a', { digest, size: some.length }, some)
  return digest
}

/** A storage in which nobody can end an attempt or give up what it built, as if its process had died. */
function withoutEnd({ records, contents, traits }: Storage, opened: () => void): Storage {
  const die = () => Promise.reject(new Error('the process is dead'))
  const over = <T extends object>(target: T, replaced: Partial<T>): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(replaced, name) ?? Reflect.get(object, name)
        return typeof value === 'function' ? value.bind(object) : value
      },
    })
  return {
    traits,
    records: over(records, {
      create: (key, ...rest) => (key.endsWith('z') ? die() : records.create(key, ...rest)),
    }),
    contents: over(contents, {
      abandon: die,
      remove: die,
      async open(place, options) {
        const handle = await contents.open(place, options)
        opened()
        return handle
      },
    }),
  }
}

async function expire(stage: Stage): Promise<void> {
  const digest = await abandonUploads(stage)
  const [one, two] = [await stage.another(), await stage.another()]
  const before = await stage.left()
  expect(before.uploads).toBe(2)
  // Two tails, what was sealed, and the blob.
  expect(before.contents).toBe(4)

  stage.pass(DAY - 2 * HOUR)
  expect(await one.sweep()).toEqual({ sessions: 0 })
  expect(await stage.left()).toEqual(before)

  stage.pass(4 * HOUR)
  // Replicas do it at once.
  const swept = await Promise.all([one.sweep(), two.sweep(), one.sweep()])
  expect(Math.max(...swept.map(({ sessions }) => sessions))).toBeGreaterThan(0)
  expect(await keysOf(stage.storage, 'uploads/')).toEqual([])
  expect(await stage.left()).toEqual({ contents: 1, uploads: 0 })
  const blob = await one.getBlob('a', digest)
  expect(sha256(await blob.bytes(10 * MIB))).toBe(digest)
  expect(await one.sweep()).toEqual({ sessions: 0 })
}

describe('expiry on a store', () => {
  test.each(['exact', 'emulated'] as const)('where removal is %s', async (removal) => {
    const fake = fakeStore({ ignores: removal === 'exact' ? [] : ['delete if-match'] })
    const contents = () => [...fake.objects.keys()].filter((key) => key.startsWith('content/')).length
    const left = async () => ({ contents: contents(), uploads: fake.uploads.size })
    await expire(await stageOn(fake.options, left))
  })
})

describeBucket('expiry in a bucket', () => {
  test('removes tails, multipart uploads and what was sealed in vain', { timeout: 60_000 }, async () => {
    const options = bucketOptions()
    // The driver's own words would prove nothing: these are asked of the store.
    const { createClient } = await import('../../../adapters/storage/s3/client.ts')
    const { settingsOf } = await import('../../../adapters/storage/s3/options.ts')
    const client = createClient(settingsOf(options))
    const count = async (query: Record<string, string>, element: string) => {
      const { body } = await client.read({ method: 'GET', query })
      return new TextDecoder().decode(body).split(`<${element}>`).length - 1
    }
    const prefix = `${options.prefix}/content/`
    const left = async () => {
      // MinIO lists the uploads of one object only, so each place is asked for.
      const places = seen.size
      let uploads = 0
      for (const object of seen) uploads += await count({ uploads: '', prefix: object }, 'Upload')
      expect(places).toBeGreaterThan(0)
      return { contents: await count({ 'list-type': '2', prefix }, 'Contents'), uploads }
    }
    const seen = new Set<string>()
    const watched: S3Options = {
      ...options,
      fetch(url, init) {
        const { pathname, searchParams } = new URL(url)
        if (init.method === 'POST' && searchParams.has('uploads'))
          seen.add(decodeURIComponent(pathname.slice(`/${options.bucket}/`.length)))
        return fetch(url, init)
      },
    }
    await expire(await stageOn(watched, left))
  })
})
