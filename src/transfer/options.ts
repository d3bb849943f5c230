/**
 * What a copy is told, and what it tells.
 * @module
 */

import type { Descriptor, Digest, Tag } from '../oci/index.ts'
import type { Deleter, Lister, Reader, Writer } from '../registry.ts'

/** Where a copy reads. */
export interface Source {
  /** Where it is. */
  readonly registry: Reader & Pick<Lister, 'referrers'>
  /** The repository there. */
  readonly repository: string
  /** What is copied. */
  readonly reference: Digest | Tag
}

/** Where a copy goes. */
export interface Destination {
  /** Where it is. */
  readonly registry: Reader & Writer & Partial<Deleter>
  /** The repository there. */
  readonly repository: string
  /** The tag to set; absent means that of the source, if it has one. A digest means no tag, and has to be right. */
  readonly reference?: Digest | Tag
}

/** How a copy is done. */
export interface CopyOptions {
  /** Look below manifests that are there, too, and mend what they lack (false: who has a manifest has all of it). */
  readonly recursive?: boolean
  /** Copy what refers to each manifest, and what refers to that (false). */
  readonly referrers?: boolean
  /**
   * Of an index only these children, as in `linux/arm64` or `linux/arm/v7`. One gives that image alone. Several give
   * the index as it is, without its other children: only some registries take such a one (all children).
   */
  readonly platforms?: readonly string[]
  /** More tags to set. */
  readonly tags?: readonly Tag[]
  /** How many blobs are on their way at once (3). */
  readonly concurrency?: number
  /** How many requests share one large blob; the memory for that is at most 16 MiB each (1: one request). */
  readonly parts?: number
  /**
   * Send large blobs in chunks, of which each has at most 8 MiB in memory: where connections break, what was sent before
   * is not sent again (false: each blob in one request).
   */
  readonly chunked?: boolean
  /** How often a blob is begun again after a failure that may pass (3). */
  readonly tries?: number
  /** Is told what happens. */
  readonly onProgress?: (progress: Progress) => void
  /** Ends it. What is copied stays, and is not copied again by the next one. */
  readonly signal?: AbortSignal
}

/** Something that happens during a copy. */
export interface Progress {
  /** What it is about. */
  readonly kind: 'blob' | 'manifest'
  /** Of what it is about. */
  readonly digest: Digest
  /** Its bytes. */
  readonly size: number
  /**
   * `found` comes once or more for each blob that some manifest needs, before anything else; `begun` comes again for a
   * blob that is begun again; `moved` comes for each chunk; the others are the end.
   */
  readonly state: 'found' | 'begun' | 'moved' | 'copied' | 'mounted' | 'there'
  /** Bytes that have moved so far. */
  readonly moved: number
}

/** What a copy has done. */
export interface Copied {
  /** Of what was copied: the source's, or that of the one platform. */
  readonly descriptor: Descriptor
  /** The tags that now name it. */
  readonly tags: readonly Tag[]
  /** Manifests that were sent. */
  readonly manifests: number
  /** Blobs that were sent. */
  readonly blobs: number
  /** Bytes of those blobs. */
  readonly bytes: number
  /** Blobs that were mounted from another repository. */
  readonly mounted: number
  /** Manifests and blobs that were there. */
  readonly there: number
}
