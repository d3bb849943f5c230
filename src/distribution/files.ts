/**
 * What is needed of the place where distribution keeps its files: a folder, or a bucket. Adapters implement it.
 *
 * Paths are relative to its `rootdirectory`, with slashes between their parts; they are made of names, tags and digests
 * that were checked, and of fixed names only.
 * @module
 */

import type { Span } from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'

/** The files of distribution, to read. */
export interface DistributionFiles {
  /** Reads a small file whole. `null` if there is none. @throws RegistryError `SIZE_INVALID` above `limit` bytes. */
  read(path: string, limit: number, options?: CallOptions): Promise<Uint8Array | null>
  /** Bytes of a file. `null` if there is none. */
  size(path: string, options?: CallOptions): Promise<number | null>
  /** A part of a file, that lies within it. Nothing is opened before the stream is read. */
  open(path: string, span: Span, options?: CallOptions): ReadableStream<Uint8Array>
  /** The names of the folders in a folder, in any order. None if there is no such folder. */
  folders(path: string, options?: CallOptions): Promise<readonly string[]>
}
