/**
 * Descriptors: how content points at content (image-spec, descriptor.md).
 * @module
 */

import type { Digest } from './digest.ts'

/** A pointer to content. Fields that are not named here are kept byte for byte in the manifest that holds them. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** Where else the content can be had, without credentials. */
  readonly urls?: readonly string[]
}
