/**
 * What a layout needs of the place where its files are: a folder, or an archive. Adapters implement it.
 *
 * Paths are relative to the layout, with slashes between their parts; they are made of digests that were checked and of
 * fixed names only.
 * @module
 */

import type { Span } from '../oci/index.ts'
import type { Body, CallOptions } from '../registry.ts'

/** The files of a layout, to read; and to write, where that is possible. */
export interface LayoutFiles {
  /** Changes whenever a file does. `null` if there is none. */
  version(path: string, options?: CallOptions): Promise<string | null>
  /** Bytes of a file. `null` if there is none. */
  size(path: string, options?: CallOptions): Promise<number | null>
  /**
   * Reads a small file whole, as it was at one moment, also while another takes its place. `null` if there is none.
   * @throws RegistryError `SIZE_INVALID` above `limit` bytes.
   */
  read(path: string, limit: number, options?: CallOptions): Promise<Uint8Array | null>
  /** A part of a file, that lies within it. Nothing is opened before the stream is read. */
  open(path: string, span: Span, options?: CallOptions): ReadableStream<Uint8Array>
  /** Absent where the layout can only be read. */
  readonly writing?: LayoutWriting
}

/** Writes files of a layout. What has resolved is durable, where the place can promise that. */
export interface LayoutWriting {
  /** Makes a file or replaces it; who reads sees the old or the new. */
  replace(path: string, bytes: Uint8Array): Promise<void>
  /** Takes bytes in for a file of this name, that nobody sees yet. @param options.passed Sees each chunk. */
  stage(
    path: string,
    body: Body,
    options: CallOptions & { passed(chunk: Uint8Array): unknown },
  ): Promise<Staged>
  /** Removes a file. False if there is none. */
  remove(path: string): Promise<boolean>
  /** Does work while nobody else does, in any process. The work is short. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** Absent where blobs come whole only. */
  readonly uploads?: LayoutUploads
}

/** Bytes that were taken in. One of the two is called. */
export interface Staged {
  /** How many. */
  readonly size: number
  /** Makes them the file, in place of any other. */
  keep(): Promise<void>
  /** Lets go of them. */
  drop(): Promise<void>
}

/** Blobs that come in pieces. Ids are of letters, digits, dashes and underscores. */
export interface LayoutUploads {
  /** Begins an upload. @returns its id. */
  create(): Promise<string>
  /** Bytes so far. `null` if there is no such upload. */
  size(id: string): Promise<number | null>
  /**
   * Appends. After a failure it is as long as before.
   * @returns its bytes; `null` if it does not have the `offset` bytes any more that are to stand before.
   */
  append(id: string, offset: number, body: Body, options?: CallOptions): Promise<number | null>
  /** Takes off what is behind so many bytes. */
  cut(id: string, size: number): Promise<void>
  /** Its first `size` bytes, which it has. */
  open(id: string, size: number, options?: CallOptions): ReadableStream<Uint8Array>
  /** Makes it the file of this name. */
  keep(id: string, path: string): Promise<void>
  /** Lets go of it. False if there is no such upload. */
  drop(id: string): Promise<boolean>
}

/** The list of what is in a layout (image-spec, image-layout.md). */
export const INDEX = 'index.json'
/** What says that this is a layout. */
export const MARKER = 'oci-layout'
/** What stands in the marker. */
export const MARKER_CONTENT = '{"imageLayoutVersion":"1.0.0"}'
