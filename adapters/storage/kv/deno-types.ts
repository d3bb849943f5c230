/**
 * The part of Deno KV that the driver uses, so that nobody needs Deno's types, which redeclare the globals of others.
 * A test holds it against the official types.
 * @module
 */

/** A part of a key. */
export type DenoKvKeyPart = Uint8Array | string | number | bigint | boolean | symbol

/** A database, as `Deno.openKv()` opens it. */
export interface DenoKv {
  /** Reads one key. */
  get(key: readonly DenoKvKeyPart[]): Promise<DenoKvEntry>
  /** Reads at most 10 keys. */
  getMany(keys: readonly (readonly DenoKvKeyPart[])[]): Promise<readonly DenoKvEntry[]>
  /** Keys from `start` on, before `end`, in order. */
  list(
    range: { start: DenoKvKeyPart[]; end: DenoKvKeyPart[] },
    options: { limit?: number; batchSize?: number },
  ): AsyncIterable<DenoKvEntry>
  /** Begins what happens wholly or not at all. */
  atomic(): DenoKvAtomic
}

/** A key and what it holds; both other members are `null` if it is absent. */
export interface DenoKvEntry {
  /** The key. */
  readonly key: readonly DenoKvKeyPart[]
  /** What was set. */
  readonly value: unknown
  /** Changes with every write. */
  readonly versionstamp: string | null
}

/** What happens wholly or not at all. */
export interface DenoKvAtomic {
  /** Only if the key has this versionstamp; `null` stands for an absent key. */
  check(wanted: { key: readonly DenoKvKeyPart[]; versionstamp: string | null }): unknown
  /** Writes a key. */
  set(key: readonly DenoKvKeyPart[], value: unknown): unknown
  /** Removes a key. */
  delete(key: readonly DenoKvKeyPart[]): unknown
  /** Does it. */
  commit(): Promise<{ ok: true; versionstamp: string } | { ok: false }>
}
