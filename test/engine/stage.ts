import { createHash } from 'node:crypto'
import {
  type CheckOptions,
  type CheckReport,
  checkStorage,
  createStore,
  type FreedListener,
  memory,
  type RetentionRule,
  retention,
  type Store,
} from '../../src/index.ts'
import type { Algorithm, Digest } from '../../src/oci/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { type Call, recording } from './recording.ts'

export const HOUR: number = 3_600_000
/** The grace period, if nobody says otherwise. */
export const DAY: number = 24 * HOUR

/** A store over a recorded memory, with a clock that only moves when told to. */
export interface Stage {
  readonly store: Store
  /** Another replica over the same storage. */
  another(): Store
  /** Checks the recorded memory, at the time of the clock. */
  check(options?: CheckOptions): Promise<CheckReport>
  /** The memory itself, to look into it or to spoil it without leaving a trace. */
  readonly inner: Storage
  readonly clear: () => void
  readonly of: (method: string, key?: string) => Call[]
  readonly calls: readonly Call[]
  /** Moves the clock. */
  pass(ms: number): void
  now(): number
  /** Called before each call of the storage. */
  hook: ((call: Call) => void | Promise<void>) | undefined
}

export function stage(
  options: {
    sparse?: boolean
    storage?: (inner: Storage) => Storage
    /** What the memory is like. */
    shape?: Parameters<typeof memory>[0]
    uploadMemory?: number
    retention?: readonly RetentionRule[]
    onFreed?: FreedListener
  } = {},
): Stage {
  let time = Date.UTC(2026, 0, 15, 12)
  const now = (): number => time
  const inner = memory({ ...options.shape, now })
  const { storage, of, clear, calls } = recording(options.storage?.(inner) ?? inner, (call) =>
    self.hook?.(call),
  )
  const another = (): Store =>
    createStore({
      storage,
      now,
      sparse: options.sparse ?? false,
      ...(options.uploadMemory === undefined ? {} : { uploadMemory: options.uploadMemory }),
      ...(options.retention ? { retention: retention(options.retention) } : {}),
      ...(options.onFreed ? { onFreed: options.onFreed } : {}),
    })
  const self: Stage = {
    store: another(),
    another,
    check: (more) => checkStorage(storage, { now, sparse: options.sparse ?? false, ...more }),
    inner,
    of,
    clear: () => void clear(),
    calls,
    pass: (ms) => {
      time += ms
    },
    now,
    hook: undefined,
  }
  return self
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function digestOf(content: Uint8Array | string, algorithm: Algorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`
}

/** Stores a blob; returns its digest. */
export async function push(store: Store, repo: string, content: string): Promise<Digest> {
  const digest = digestOf(content)
  await store.pushBlob(repo, { digest, size: content.length }, bytes(content))
  return digest
}

/** The text of a blob, or the code of the error. */
export async function read(store: Store, repo: string, digest: Digest): Promise<string> {
  try {
    const content = await store.getBlob(repo, digest)
    return new TextDecoder().decode(await content.bytes())
  } catch (error) {
    return (error as { code: string }).code
  }
}

export const INDEX = 'application/vnd.oci.image.index.v1+json'

/** An index of blobs. */
export function indexOf(children: readonly Digest[] = [], more: object = {}): Uint8Array {
  const manifests = children.map((digest) => ({ mediaType: 'application/x', digest, size: 1 }))
  return bytes(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests, ...more }))
}

export async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of list) all.push(each)
  return all
}

/** The keys of a storage. */
export async function keysOf(storage: Storage, prefix = ''): Promise<string[]> {
  return (await collect(storage.records.list(prefix))).map(({ key }) => key)
}

/** The values under a prefix. */
export async function valuesOf(storage: Storage, prefix: string): Promise<Record<string, unknown>[]> {
  const entries = await collect(storage.records.list(prefix, { values: true }))
  return entries.map(({ rec }) => JSON.parse(new TextDecoder().decode(rec!.value)) as Record<string, unknown>)
}

/** Where the link of a blob in the only repository that has it points to. */
export async function placeOf(storage: Storage, digest: Digest): Promise<string> {
  const hex = digest.slice(digest.indexOf(':') + 1)
  const [link] = await valuesOf(storage, `blobs/${digest.split(':')[0]}/${hex.slice(0, 2)}/${hex}`)
  return String(link!['place'])
}

/** Places where bytes lie, being built or sealed: nothing can be begun there. */
export async function occupied(on: Stage): Promise<string[]> {
  const named = on.calls
    .filter(({ method }) => /contents\.(open|write|fork)/.test(method))
    .map(({ key }) => key)
  const taken: string[] = []
  for (const place of new Set(named)) {
    const free = await on.inner.contents.open(place).then(
      (handle) => on.inner.contents.abandon(place, handle).then(() => true),
      () => false,
    )
    if (!free) taken.push(place)
  }
  return taken
}
