/**
 * Cloudflare KV as a storage.
 * @module
 */

import type { Records, Storage } from '../../../src/storage/index.ts'
import { compareKeys } from '../../../src/storage/key.ts'
import { polite } from './cloudflare-limits.ts'
import { cloudflareRuns } from './cloudflare-runs.ts'
import type { KvNamespace } from './cloudflare-types.ts'
import { keyValueContents } from './contents.ts'
import type { KeyValue } from './face.ts'
import { keyValueRecords } from './records.ts'

/** How a namespace is used. */
export interface CloudflareKvOptions {
  /** What every key begins with, so that others may use the namespace, too: `registry/` (nothing). */
  prefix?: string
  /**
   * Keeps all that must not be stale: names, tags, manifests, upload sessions, and where blobs lie. For each name of
   * a space it gives other records: `durableRecords(env.RECORDS)` of `ocikit/cloudflare` (none: KV keeps it).
   */
  records?: (space: string) => Records
}

/** Longest key in bytes, and longest value (https://developers.cloudflare.com/kv/platform/limits/). */
const MAX_KEY = 512
const MAX_VALUE = 25 * 1024 * 1024
/** What stands around a place: `d/`, `/` and a receipt, or the number of a piece. */
const AROUND = 16
/** Most keys of a page. */
const PAGE = 1000
/** How far the clocks of those who write may be apart, in milliseconds: Cloudflare gives no number. */
const SKEW = 10_000
/** How old what is read may be, in milliseconds: a minute, "or more" (https://developers.cloudflare.com/kv/concepts/how-kv-works/). */
const STALE = 5 * 60_000

/**
 * A storage in Cloudflare KV, for what is read often and written seldom: a blob lies in values of up to 8 MiB, which
 * Cloudflare keeps close to those who read them.
 *
 * KV is eventually consistent, and can write nothing on condition. With `records` that matters to bytes alone, which
 * never change: a blob that was just pushed may fail to be read elsewhere for about a minute. Without, readers may
 * see what was there a minute ago, of two requests that write to an upload session or a tag at once both may be told
 * that they did it, and no space is freed.
 *
 * @param namespace The binding: `env.KV`.
 *
 * @example
 * ```ts
 * import { ocikit, open } from 'ocikit'
 * import { type DurableObjectNamespace, durableRecords, serve, UploadSessions } from 'ocikit/cloudflare'
 * import { cloudflareKv, type KvNamespace } from 'ocikit/storage/kv'
 *
 * interface Env {
 *   KV: KvNamespace
 *   RECORDS: DurableObjectNamespace
 * }
 *
 * export { UploadSessions }
 * export default serve(
 *   ocikit({
 *     storage: (env: Env) => cloudflareKv(env.KV, { records: durableRecords(env.RECORDS) }),
 *     auth: open(),
 *   }),
 * )
 * ```
 */
export function cloudflareKv(namespace: KvNamespace, options: CloudflareKvOptions = {}): Storage {
  const { prefix = '', records } = options
  const maxKey = MAX_KEY - AROUND - new TextEncoder().encode(prefix).length
  if (maxKey < 384) throw new TypeError('prefix must have at most 112 bytes')
  const kv = polite(namespace)
  const runs = cloudflareRuns(kv, `${prefix}d/`)
  if (records) {
    const [heads, pieces] = [records('contents'), records('pieces')]
    return {
      records: records('records'),
      contents: keyValueContents({ heads, pieces, runs, maxKey }),
      traits: { consistency: 'strong', maxKey, remove: 'exact', skew: SKEW },
    }
  }
  const parts = keyValue(kv, `${prefix}p/`)
  const own = (space: string) => keyValueRecords(keyValue(kv, `${prefix}${space}/`), parts, maxKey)
  return {
    records: own('r'),
    contents: keyValueContents({ heads: own('c'), runs, maxKey }),
    traits: { consistency: 'eventual', maxKey, remove: 'none', skew: STALE },
  }
}

interface Metadata {
  readonly version: string
  readonly modified: number
}

/** Keys below `prefix`. Conditions are looked at first, and may change until the write. */
function keyValue(kv: KvNamespace, prefix: string): KeyValue {
  const get: KeyValue['get'] = async (key) => {
    const { value, metadata } = await kv.getWithMetadata(prefix + escaped(key), { type: 'arrayBuffer' })
    return value === null ? null : { value: new Uint8Array(value), ...(metadata as Metadata) }
  }
  return {
    maxValue: MAX_VALUE,
    get,
    async set(key, value, only) {
      if (only !== undefined && ((await get(key))?.version ?? null) !== only) return null
      const metadata: Metadata = { version: crypto.randomUUID(), modified: Date.now() }
      await kv.put(prefix + escaped(key), value as Uint8Array<ArrayBuffer>, { metadata })
      return metadata.version
    },
    async delete(key, version) {
      if (version !== undefined && (await get(key))?.version !== version) return false
      await kv.delete(prefix + escaped(key))
      return true
    },
    async *list(start, after, limit) {
      // A listing can begin at a prefix or a cursor only, so what lies before `after` is listed, too.
      const size = after === undefined ? Math.min(limit, PAGE) : PAGE
      for (let cursor: string | undefined; ; ) {
        const from = cursor === undefined ? {} : { cursor }
        const page = await kv.list({ prefix: prefix + escaped(start), limit: size, ...from })
        for (const { name } of page.keys) {
          const key = unescaped(name.slice(prefix.length))
          if (after === undefined || compareKeys(key, after) > 0) yield { key }
        }
        if (page.list_complete) return
        cursor = page.cursor
      }
    },
  }
}

/** Without NUL, where local simulators of KV end a key; the order of keys stays what it was. */
function escaped(key: string): string {
  return key.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01')
}

function unescaped(key: string): string {
  return key.replaceAll('\x01\x01', '\0').replaceAll('\x01\x02', '\x01')
}
