/**
 * Quotas: what may be kept in a repository and all below it.
 * @module
 */

import { isName } from '../../oci/index.ts'

/** A limit for some repositories. Where several quotas cover one, all of them hold. */
export interface Quota {
  /** The repository of this name and all whose names begin with it and a slash, as in `team`; `*` covers all. */
  readonly prefix: string
  /**
   * Most bytes of blobs, above 0 (no limit). A blob counts once in each repository that has it, also while no
   * manifest refers to it, and also if the storage has its bytes once for all of them.
   */
  readonly bytes?: number
  /** Most manifests, above 0 (no limit). Each counts, tagged or not, also those of the platforms of an index. */
  readonly manifests?: number
}

/** What is kept. */
export interface Used {
  /** Of blobs, each once in each repository that has it. */
  readonly bytes: number
  /** Tagged or not. */
  readonly manifests: number
}

/** The prefix that covers everything. */
export const ALL = '*'

/** Whether a quota is about a repository. */
export function covers(prefix: string, repo: string): boolean {
  return prefix === ALL || repo === prefix || repo.startsWith(`${prefix}/`)
}

/** @throws TypeError for quotas that make no sense. */
export function checkQuotas(quotas: readonly Quota[]): void {
  const known = new Set<string>()
  for (const { prefix, bytes, manifests } of quotas) {
    if (prefix !== ALL && !isName(prefix))
      throw new TypeError(
        `a quota is for the name of a repository or for *, not for ${JSON.stringify(prefix)}`,
      )
    if (known.has(prefix)) throw new TypeError(`there are two quotas for ${JSON.stringify(prefix)}`)
    if (bytes === undefined && manifests === undefined)
      throw new TypeError(`the quota for ${JSON.stringify(prefix)} limits neither bytes nor manifests`)
    for (const limit of [bytes, manifests]) {
      if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0))
        throw new TypeError(
          `the limits of the quota for ${JSON.stringify(prefix)} must be whole numbers above 0`,
        )
    }
    known.add(prefix)
  }
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Bytes as people say them: `9.8 GiB`. */
export function sizeText(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  const value = bytes / 1024 ** unit
  return `${unit === 0 ? value : value.toFixed(1).replace(/\.0$/, '')} ${UNITS[unit]}`
}
