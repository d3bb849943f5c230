/**
 * Tokens whose key comes with a certificate (`x5c` of RFC 7515), trusted by way of a bundle of authorities. Apart from
 * `tokens/`, so that nobody loads it unused. Start reading at `ca-bundle.ts`.
 * @module
 */

export { caBundle } from './ca-bundle.ts'
