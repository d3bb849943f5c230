/**
 * Serves a registry on Deno.
 *
 * `export default ocikit({ ... })` works with `deno serve`, too, but waits for ever for a client that has fallen silent,
 * and knows no client's address.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open } from 'ocikit'
 * import { serve } from 'ocikit/deno'
 *
 * await using server = await serve(ocikit({ storage: memory(), auth: open() }), { port: 0 })
 * console.log(server.url)
 * ```
 * @module
 */

export type { CloseOptions, Listening, ListenOptions } from '../../src/listening.ts'
export type { NativeServer } from './runtime.ts'
export { type DenoServer, type ServeOptions, serve } from './serve.ts'
