/**
 * Serves a registry on Bun.
 *
 * `export default ocikit({ ... })` works there, too, but within Bun's own limits: bodies of 128 MiB, and pauses of
 * 10 seconds. `serve` has neither. Over anything but a folder, `serve` of `ocikit/node` is the better one on Bun, too.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open } from 'ocikit'
 * import { serve } from 'ocikit/bun'
 *
 * await using server = await serve(ocikit({ storage: memory(), auth: open() }), { port: 0 })
 * console.log(server.url)
 * ```
 * @module
 */

export type { CloseOptions, Listening, ListenOptions } from '../../src/listening.ts'
export type { NativeServer } from './runtime.ts'
export { type BunServer, type ServeOptions, serve } from './serve.ts'
