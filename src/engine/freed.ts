import type { Digest, Tag } from '../oci/index.ts'
import type { Core } from './core.ts'

/** Something that was removed because nothing needs it, or because a rule says so. */
export interface Freed {
  /**
   * `blob`: it left a repository; its bytes stay while another has them. `content`: bytes. `manifest`, `tag`,
   * `referrer`: an entry in the list of its subject. `repository`: an entry in the catalog.
   */
  readonly kind: 'blob' | 'content' | 'manifest' | 'tag' | 'referrer' | 'repository'
  /** Absent for bytes, which belong to no one repository. */
  readonly repository?: string
  /** Of the blob, of the bytes or of the manifest; of a tag, what it named. */
  readonly digest?: Digest
  /** Of a tag. */
  readonly tag?: Tag
  /** Bytes of a blob, of contents or of a manifest. */
  readonly size?: number
  /** Why it had to go, for people. */
  readonly reason: string
}

/** Is told what was freed, each once, after it is gone. What it throws, or rejects with, is ignored. */
export type FreedListener = (freed: Freed) => unknown

/** Tells whoever listens. A listener that fails keeps nothing from being freed. */
export function tellFreed({ onFreed }: Core, freed: Freed): void {
  try {
    const told = onFreed?.(freed)
    if (told instanceof Promise) told.catch(() => {})
  } catch {}
}
