import type { Auth } from './contract.ts'

/**
 * Everybody may do everything. Written out on purpose: whoever reaches the port can read, overwrite and delete.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open } from 'ocikit'
 *
 * export default ocikit({ storage: memory(), auth: open() })
 * ```
 */
export function open(): Auth {
  return { authenticate: () => null, authorize: () => 'allow', challenge: () => null }
}
