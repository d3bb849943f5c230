/**
 * What a test of the storage suite works with.
 * @module
 */

import type { Contents, Records, Storage } from '../../storage/index.ts'
import type { Expect } from '../expect.ts'

/** Tests by name. */
export type StorageTests = Readonly<Record<string, (scope: Scope) => Promise<void>>>

/** One test's corner of a storage. */
export interface Scope {
  readonly storage: Storage
  readonly records: Records
  readonly contents: Contents
  readonly expect: Expect
  /** Unique for the test. */
  readonly id: string
  /** A key of this test. */
  key(name: string): string
  /** A place that was never used. */
  place(): string
  /** The keys of this test that a listing gives, without their common beginning. */
  keys(
    prefix?: string,
    options?: { after?: string; limit?: number; values?: boolean; signal?: AbortSignal },
  ): Promise<string[]>
  /** Expects that nothing is readable at a place. */
  expectAbsent(place: string): Promise<void>
  /** Expects that a place holds exactly these bytes. */
  expectContent(place: string, bytes: Uint8Array): Promise<void>
  /** Expects that a promise rejects, with this code if one is given. */
  expectRejection(promise: Promise<unknown>, code?: string): Promise<void>
}

/** A corner of `storage` that nobody else uses. */
export function scopeOf(storage: Storage, expect: Expect): Scope {
  const { records, contents } = storage
  const id = crypto.randomUUID()
  const base = `suite/${id}/`
  let places = 0
  return {
    storage,
    records,
    contents,
    expect,
    id,
    key: (name) => base + name,
    place: () => `content/-/${id}-${++places}`,
    async keys(prefix = '', options = {}) {
      const { after, ...rest } = options
      const bounds = after === undefined ? rest : { ...rest, after: base + after }
      const keys: string[] = []
      for await (const { key } of records.list(base + prefix, bounds)) keys.push(key.slice(base.length))
      return keys
    },
    async expectAbsent(place) {
      expect(await contents.size(place)).toBe(null)
      expect(await contents.read(place)).toBe(null)
    },
    async expectContent(place, bytes) {
      expect(await contents.size(place)).toBe(bytes.length)
      const content = await contents.read(place)
      expect(content?.size).toBe(bytes.length)
      expect(await digestOf(await drain(content!.stream()))).toBe(await digestOf(bytes))
    },
    async expectRejection(promise, code) {
      const error = await promise.then(
        () => 'resolved',
        (reason: unknown) => reason,
      )
      expect(error instanceof Error).toBe(true)
      if (code !== undefined) expect((error as { code?: unknown }).code).toBe(code)
    },
  }
}

/** UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Text of UTF-8; undefined for what is absent. */
export function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed * 0x9e3779b1
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return new Uint8Array(words.buffer, 0, length)
}

/** All bytes of a stream. */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
}

/** SHA-256 in hexadecimal: comparing large arrays element by element takes seconds. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A body that tells what became of it. */
export interface ProbeBody {
  readonly stream: ReadableStream<Uint8Array>
  /** Resolves when all bytes that it gives have been asked for. */
  readonly exhausted: Promise<void>
  readonly cancelled: () => boolean
}

/** A body of `bytes` in chunks of 60,000, which then ends, fails, or stalls for ever. */
export function probe(bytes: Uint8Array, then: 'end' | 'fail' | 'stall' = 'end'): ProbeBody {
  let at = 0
  let cancelled = false
  let onExhausted = (): void => {}
  const exhausted = new Promise<void>((resolve) => {
    onExhausted = resolve
  })
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at < bytes.length) {
          controller.enqueue(bytes.slice(at, at + 60_000))
          at += 60_000
          return undefined
        }
        onExhausted()
        if (then === 'fail') throw new Error('the body fails')
        if (then === 'stall') return new Promise(() => {})
        return controller.close()
      },
      cancel() {
        cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, exhausted, cancelled: () => cancelled }
}
