import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Algorithm, Digest } from '../../src/oci/index.ts'
import { MINIATURE, TINY_MEMORY } from './shapes.ts'

/** Cloudflare's stream, which cannot be copied, asked or used again. */
class DigestStream extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>

  constructor(algorithm: string) {
    const hash = createHash(algorithm.replace('-', ''))
    let settle = (_: ArrayBuffer): void => {}
    super({
      write: (chunk) => void hash.update(chunk),
      close: () => settle(new Uint8Array(hash.digest()).buffer),
    })
    this.digest = new Promise((resolve) => {
      settle = resolve
    })
  }
}

afterEach(() => {
  vi.resetModules()
  vi.unstubAllGlobals()
})

/** The registry as another runtime would load it: Node's hashes hidden, and these in their place. */
async function loaded(Stream?: typeof DigestStream) {
  vi.resetModules()
  const { getBuiltinModule } = process
  process.getBuiltinModule = (() => undefined) as typeof process.getBuiltinModule
  vi.stubGlobal('crypto', {
    getRandomValues: crypto.getRandomValues.bind(crypto),
    randomUUID: crypto.randomUUID.bind(crypto),
    ...(Stream ? { DigestStream: Stream } : {}),
  })
  try {
    const { createStore, memory } = await import('../../src/index.ts')
    const { nativeHasher } = await import('../../src/hash/index.ts')
    return { createStore, memory, nativeHasher }
  } finally {
    process.getBuiltinModule = getBuiltinModule
  }
}

const runtimes: [string, typeof DigestStream | undefined][] = [
  ['with hashers that cannot be copied', DigestStream],
  ['without hashers of its own', undefined],
]
const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const digestOf = (content: string, algorithm: Algorithm = 'sha256'): Digest =>
  `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`

describe.each(runtimes)('a runtime %s', (_, Stream) => {
  test('is what this test says it is', async () => {
    const { nativeHasher } = await loaded(Stream)
    expect(nativeHasher('sha256') === null).toBe(Stream === undefined)
    expect(nativeHasher('sha256')?.copy).toBeUndefined()
  })

  test.each(
    (['sha256', 'sha512'] as const).flatMap((algorithm) => [
      { algorithm, name: 'a plain memory', shape: {} },
      ...Object.entries(MINIATURE).map(([name, shape]) => ({ algorithm, name, shape })),
    ]),
  )(
    'takes $algorithm blobs whole, in chunks, and after a wrong digest, over $name',
    async ({ algorithm, shape }) => {
      const { createStore, memory } = await loaded(Stream)
      // There are more bytes here than ten pieces in miniature hold.
      const storage = memory({
        ...shape,
        ...('pieces' in shape && { pieces: { ...shape.pieces, count: 1000 } }),
      })
      const options = { storage, uploadMemory: TINY_MEMORY }
      const replicas = [createStore(options), createStore(options)]
      const [store] = replicas
      const check = async (content: string): Promise<void> => {
        const found = await store!.getBlob('a', digestOf(content, algorithm))
        expect(new TextDecoder().decode(await found.bytes())).toBe(content)
      }
      await store!.pushBlob('a', { digest: digestOf('whole', algorithm) }, text('whole'))
      await check('whole')
      const wrongly = store!.pushBlob('a', { digest: digestOf('x', algorithm) }, text('y'))
      await expect(wrongly).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
      for (const hint of [{}, { algorithm }]) {
        let { id } = await store!.startUpload('a', hint)
        let content = JSON.stringify(hint)
        ;({ id } = await store!.writeUpload('a', id, text(content)))
        for (let i = 0; i < 6; i++) {
          const more = `${i}`.repeat(100)
          await expect(
            replicas[i % 2]!.writeUpload('a', id, text(more), { offset: content.length, size: 7 }),
          ).rejects.toMatchObject({ code: 'SIZE_INVALID' })
          ;({ id } = await replicas[i % 2]!.writeUpload('a', id, text(more), { offset: content.length }))
          content += more
        }
        for (const wrong of [digestOf('x'), digestOf('x', 'sha512')])
          await expect(store!.finishUpload('a', id, wrong)).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
        await store!.finishUpload('a', id, digestOf(`${content}!`, algorithm), { body: text('!') })
        await check(`${content}!`)
      }
    },
  )
})
