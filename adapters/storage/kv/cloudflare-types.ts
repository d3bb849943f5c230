/**
 * The part of the binding of Cloudflare KV that the driver uses, so that nobody needs `@cloudflare/workers-types`,
 * whose globals clash with those of other runtimes. A test holds it against the official types.
 * @module
 */

/** A namespace, as it is bound to a Worker. */
export interface KvNamespace {
  /** Reads a value as a stream; `null` if absent. */
  get(key: string, options: { type: 'stream' }): Promise<ReadableStream | null>
  /** Reads a value and what was kept with it; both are `null` if absent. */
  getWithMetadata(
    key: string,
    options: { type: 'arrayBuffer' },
  ): Promise<{ value: ArrayBuffer | null; metadata: unknown }>
  /** Writes a value of at most 25 MiB. */
  put(
    key: string,
    value: ReadableStream | ArrayBuffer | ArrayBufferView<ArrayBuffer>,
    options?: { metadata?: unknown },
  ): Promise<void>
  /** Removes a key. Absent is fine. */
  delete(key: string): Promise<void>
  /** Lists keys in bytewise order. */
  list(options: { prefix?: string; limit?: number; cursor?: string }): Promise<KvKeys>
}

/** A page of a listing; `cursor` says where the next one begins. */
export type KvKeys =
  | { readonly keys: readonly { readonly name: string }[]; readonly list_complete: true }
  | {
      readonly keys: readonly { readonly name: string }[]
      readonly list_complete: false
      readonly cursor: string
    }
