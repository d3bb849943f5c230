/**
 * Descriptors: how content points at content (image-spec, descriptor.md).
 * @module
 */

import type { Digest } from './digest.ts'

/** A pointer to content. Fields that are not named here are kept byte for byte in the manifest that holds them. */
export interface Descriptor {
  /** What kind of content it is. */
  readonly mediaType: string
  /** What its bytes hash to. */
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  /** Of a manifest: the type of the artifact in it. */
  readonly artifactType?: string
  /** Facts about the content, by name. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Where else the content can be had, without credentials. */
  readonly urls?: readonly string[]
}
