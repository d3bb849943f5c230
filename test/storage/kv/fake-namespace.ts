/**
 * Cloudflare KV in memory.
 * @module
 */

import type { KvNamespace } from '../../../adapters/storage/kv/index.ts'
import { compareKeys } from '../../../src/storage/key.ts'

/** A namespace that a test can look into. */
export interface FakeNamespace extends KvNamespace {
  readonly values: Map<string, { bytes: Uint8Array<ArrayBuffer>; metadata: unknown }>
  /** Fails the next calls, one error each. */
  readonly failures: Error[]
  /** What was asked for, as `put KEY`. */
  readonly calls: string[]
}

export function fakeNamespace(): FakeNamespace {
  const values: FakeNamespace['values'] = new Map()
  const failures: Error[] = []
  const calls: string[] = []
  const begin = async (call: string, key: string): Promise<void> => {
    calls.push(`${call} ${key}`)
    if (new TextEncoder().encode(key).length > 512) throw new Error('KV key exceeds 512 bytes')
    const failure = failures.shift()
    if (failure) throw failure
  }
  return {
    values,
    failures,
    calls,
    async get(key) {
      await begin('get', key)
      const found = values.get(key)
      return found ? new Blob([found.bytes]).stream() : null
    },
    async getWithMetadata(key) {
      await begin('get', key)
      const { bytes, metadata = null } = values.get(key) ?? {}
      return { value: bytes?.slice().buffer ?? null, metadata }
    },
    async put(key, value, options) {
      await begin('put', key)
      const bytes = new Uint8Array(
        await new Response(value as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
      )
      values.set(key, { bytes, metadata: options?.metadata })
    },
    async delete(key) {
      await begin('delete', key)
      values.delete(key)
    },
    async list({ prefix = '', limit = 1000, cursor = '' }) {
      await begin('list', prefix)
      const names = [...values.keys()].filter((name) => name.startsWith(prefix)).sort(compareKeys)
      const rest = names.filter((name) => cursor === '' || compareKeys(name, cursor) > 0)
      const keys = rest.slice(0, limit).map((name) => ({ name }))
      if (rest.length <= limit) return { keys, list_complete: true }
      return { keys, list_complete: false, cursor: keys.at(-1)!.name }
    },
  }
}
