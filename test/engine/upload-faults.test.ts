import { describe, expect, test } from 'vitest'
import { RegistryError } from '../../src/oci/index.ts'
import { type Failing, FaultError, failing, type Mishap } from './failing.ts'
import { MINIATURE, TINY_MEMORY } from './shapes.ts'
import { bytes, digestOf, read, type Stage, stage } from './stage.ts'

const WHOLE = 'the quick brown fox jumps over the lazy dog'
const DIGEST = digestOf(WHOLE)

/** A client that pushes WHOLE, and after an error asks where it is and goes on. */
interface Client {
  /** Lengths of its PATCH requests; the rest comes with PUT. */
  readonly chunks: readonly number[]
  /** Says how long each body is, and where it goes. */
  readonly exact: boolean
}

const CLIENTS: [string, Client][] = [
  ['one stream, then finish', { chunks: [WHOLE.length], exact: false }],
  ['chunks of any length, then finish', { chunks: [3, 9, 1, 20, 10], exact: true }],
  ['a chunk, and the rest with finish', { chunks: [18], exact: true }],
  ['all with finish', { chunks: [], exact: true }],
  ['all with finish, as a stream', { chunks: [], exact: false }],
]

function body(text: string, exact: boolean): ReadableStream<Uint8Array> | Uint8Array {
  return exact ? bytes(text) : (new Blob([text]).stream() as ReadableStream<Uint8Array>)
}

async function pushAll(on: Stage, { chunks, exact }: Client): Promise<void> {
  let { id } = await retried(() => on.store.startUpload('a'))
  let offset = 0
  let failures = 0
  const ends: number[] = []
  for (const length of chunks) ends.push((ends.at(-1) ?? 0) + length)
  for (let done = false; !done; ) {
    if (failures > 4) throw new Error('it does not go on')
    const next = ends.find((end) => end > offset)
    const text = WHOLE.slice(offset, next)
    const options = exact ? { offset, size: text.length } : {}
    try {
      if (next !== undefined)
        ({ id, offset } = await on.store.writeUpload('a', id, body(text, exact), options))
      else {
        const last = text === '' ? {} : { body: body(text, exact), ...options }
        await on.store.finishUpload('a', id, DIGEST, last)
        done = true
      }
    } catch (error) {
      // Nothing but what was injected, or an answer that tells where to go on.
      if (!(error instanceof FaultError)) expect(error).toBeInstanceOf(RegistryError)
      failures++
      const seen = await read(on.store, 'a', DIGEST)
      expect(['BLOB_UNKNOWN', WHOLE]).toContain(seen)
      // Whoever failed to say so may still be at work.
      on.pass(61_000)
      const status = await on.store.uploadStatus('a', id).catch((reason: RegistryError) => {
        expect([reason.code, seen]).toEqual(['BLOB_UPLOAD_UNKNOWN', WHOLE])
        return null
      })
      if (status === null) done = true
      else ({ id, offset } = status)
    }
  }
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  return work().catch(work)
}

function faulty(shape: keyof typeof MINIATURE): { on: Stage; faults: Failing } {
  let faults: Failing | undefined
  const on = stage({
    shape: MINIATURE[shape],
    uploadMemory: TINY_MEMORY,
    storage: (inner) => {
      faults = failing(inner)
      return faults.storage
    },
  })
  return { on, faults: faults! }
}

describe.each(Object.keys(MINIATURE) as (keyof typeof MINIATURE)[])(
  'a call of %s that goes wrong',
  (shape) => {
    describe.each(CLIENTS)('%s', (_, client) => {
      test.each<Mishap>(['error', 'lost answer', 'delay'])(
        '%s at each call: nothing partial is visible, and every retry succeeds',
        async (mishap) => {
          const { on: calm, faults: counter } = faulty(shape)
          await pushAll(calm, client)
          const calls = counter.count()
          expect(calls).toBeGreaterThan(3)
          for (let at = 0; at < calls; at++) {
            const { on, faults } = faulty(shape)
            faults.plan(at, mishap)
            await pushAll(on, client)
            expect(await read(on.store, 'a', DIGEST), `call ${at}`).toBe(WHOLE)
          }
        },
      )
    })
  },
)
