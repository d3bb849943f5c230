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

export type { CloseOptions, Listening, ListenOptions } from '../../src/listening.ts'
export { type DockerCredentialsOptions, dockerCredentials } from './credentials.ts'
export { nodeFetch, unverifiedFetch } from './fetch.ts'
export {
  type KeptLogin,
  type LoginOptions,
  removeCredentials,
  saveCredentials,
} from './logins.ts'
export { type NodeServer, type ServeOptions, serve, type Tls } from './serve.ts'
