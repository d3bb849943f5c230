/**
 * The S3 driver, of Web APIs only: it runs on Node, Bun, Deno and Workers.
 *
 * `s3.ts` opens a bucket: `options.ts` checks what it was told, `probe.ts` whether the store can be used.
 * `records.ts` and `contents.ts` are the two faces of the storage contract, on top of `client.ts`, which signs
 * and repeats requests. `object-key.ts` turns keys into object keys, `emulated-removal.ts` makes removal
 * conditional where the store does not. `distribution.ts` reads what CNCF distribution keeps in a bucket.
 * @module
 */

export type { S3Credentials, S3CredentialsProvider } from './credentials.ts'
export { distributionBucket } from './distribution.ts'
export { S3Error } from './errors.ts'
export type { S3Options } from './options.ts'
export { s3 } from './s3.ts'
