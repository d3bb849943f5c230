/**
 * Serves a registry on Node.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open } from 'ocikit'
 * import { serve } from 'ocikit/node'
 *
 * await using server = await serve(ocikit({ storage: memory(), auth: open() }), { port: 0 })
 * console.log(server.url)
 * ```
 * @module
 */

export { type CloseOptions, type NodeServer, type ServeOptions, serve } from './serve.ts'
