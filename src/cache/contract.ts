/**
 * What is said of mirrors by those who serve them: without the code that reads through, so that a program without
 * mirrors need not carry that.
 * @module
 */

import type { MirrorNames } from '../oci/index.ts'
import type { Registry } from '../registry.ts'
import type { CacheOptions } from './options.ts'

/** A registry that keeps what it reads of another one. */
export interface Cache extends Registry {
  /** Waits until what is being fetched is stored. */
  idle(): Promise<void>
  /** Ends what is being fetched; what is not whole is not kept. No call may follow. */
  close(): Promise<void>
}

/** Mirrors in force: what `mirrors()` makes, for the options of `ocikit()`. */
export interface Mirrors {
  /** What names mean where these registries are mirrored. */
  readonly names: MirrorNames
  /**
   * Puts them beside a registry. What is below the name of a mirrored host is read through, and cannot be written:
   * `DENIED`.
   */
  over(local: Registry, place: MirrorPlace): Mirrored
}

/** Where what is read of mirrors is kept. */
export interface MirrorPlace extends Pick<CacheOptions, 'records' | 'now' | 'onError'> {
  /**
   * Keeps it under the same names as those of the registry beside it, so that nothing knows of it twice. It accepts
   * manifests whose blobs and children are not there (`sparse`).
   */
  readonly store: Registry
}

/** A registry with others below their names. */
export interface Mirrored {
  /** What is served: both. */
  readonly registry: Registry
  /** What is kept of them; whoever has put them there closes it. */
  readonly cache: Cache
}
