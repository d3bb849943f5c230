/**
 * The driver of key-value stores: Cloudflare KV and Deno KV.
 *
 * `records.ts` and `contents.ts` are the two faces of the storage contract, over what `face.ts` asks of a store.
 * `deno.ts` and `cloudflare.ts` are the stores, each with its runs of bytes and the part of its API that is used;
 * `cloudflare-limits.ts` is what Cloudflare refuses.
 * @module
 */

export { type CloudflareKvOptions, cloudflareKv } from './cloudflare.ts'
export type { KvKeys, KvNamespace } from './cloudflare-types.ts'
export { type DenoKvOptions, denoKv } from './deno.ts'
export type { DenoKv, DenoKvAtomic, DenoKvEntry, DenoKvKeyPart } from './deno-types.ts'
