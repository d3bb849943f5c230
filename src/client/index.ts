/**
 * A client for any registry, on any runtime and in browsers: a `Registry` like every other, so that it can be served,
 * wrapped and copied from.
 *
 * @example
 * ```ts
 * import { createClient } from 'ocikit/client'
 *
 * const hub = createClient('docker.io', { credentials: { username: 'ann', password: 'secret' } })
 * console.log(hub.url.host) // registry-1.docker.io
 * ```
 * @module
 */

export {
  type CredentialHelper,
  type CredentialQuery,
  type CredentialSource,
  type Credentials,
  type DockerConfigOptions,
  dockerConfig,
  firstCredentials,
} from '../auth/client/index.ts'
export { type Client, createClient, type RawRequest } from './client.ts'
export { type CopyImage, copyImage } from './copy-image.ts'
export type { ClientOptions, RetryOptions } from './options.ts'
