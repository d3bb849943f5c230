/**
 * The part of the R2 binding that the driver uses, so that nobody needs `@cloudflare/workers-types`, whose
 * globals clash with those of other runtimes. A test holds it against the official types.
 * @module
 */

/** A bucket, as it is bound to a Worker. */
export interface R2Bucket {
  /** Describes an object; `null` if absent. */
  head(key: string): Promise<R2Object | null>
  /** Reads an object or a range of it; `null` if absent. */
  get(key: string, options?: { range?: { offset: number; length: number } }): Promise<R2ObjectBody | null>
  /** Writes an object; `null` if the condition does not hold. A stream must have a known length. */
  put(
    key: string,
    value: ReadableStream | Uint8Array<ArrayBuffer>,
    options?: R2PutOptions,
  ): Promise<R2Object | null>
  /** Removes objects, at most 1,000. */
  delete(keys: string | string[]): Promise<void>
  /** Lists objects in bytewise order. */
  list(options?: R2ListOptions): Promise<R2Objects>
  /** Begins an object made of parts. */
  createMultipartUpload(key: string): Promise<R2MultipartUpload>
  /** Goes on with one; nothing is checked yet. */
  resumeMultipartUpload(key: string, uploadId: string): R2MultipartUpload
}

/** How an object is written. */
export interface R2PutOptions {
  /** Write only if the object that is there meets all of this. */
  onlyIf?: R2Conditional
  /** Up to 2,048 bytes of text that are kept with the object. */
  customMetadata?: Record<string, string>
  /** SHA-256 in hexadecimal, which R2 verifies before the object exists. */
  sha256?: string
  /** SHA-512, likewise. */
  sha512?: string
}

/** What must hold of an object. */
export interface R2Conditional {
  /** It is there and has this entity tag. */
  etagMatches?: string
  /** It has another entity tag, or is absent; `*` stands for any. */
  etagDoesNotMatch?: string
  /** It was written earlier, or is absent. */
  uploadedBefore?: Date
}

/** What is listed. */
export interface R2ListOptions {
  /** At most so many, up to 1,000. */
  limit?: number
  /** Keys that begin with this. */
  prefix?: string
  /** Where the page before ended. */
  cursor?: string
  /** Keys strictly after this one. */
  startAfter?: string
}

/** A page of a listing. */
export interface R2Objects {
  /** What was found. */
  objects: R2Object[]
  /** Whether there is more. */
  truncated: boolean
  /** Where the next page begins, if there is one. */
  cursor?: string
}

/** An object, without its bytes. */
export interface R2Object {
  /** Its key. */
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** The MD5 of the bytes in hexadecimal, or of the parts. */
  readonly etag: string
  /** When it was written. */
  readonly uploaded: Date
  /** What was kept with it. */
  readonly customMetadata?: Record<string, string>
}

/** An object with its bytes. */
export interface R2ObjectBody extends R2Object {
  /** The bytes, or those of the range. */
  readonly body: ReadableStream
  /** All of them. */
  arrayBuffer(): Promise<ArrayBuffer>
}

/** An object in the making. */
export interface R2MultipartUpload {
  /** Names it, together with its key. */
  readonly uploadId: string
  /** Stores a part, from 1 to 10,000; a later one of the same number takes its place. */
  uploadPart(partNumber: number, value: ReadableStream | Uint8Array<ArrayBuffer>): Promise<R2UploadedPart>
  /** Removes the parts. */
  abort(): Promise<void>
  /** Makes them one object. */
  complete(uploadedParts: R2UploadedPart[]): Promise<R2Object>
}

/** A stored part. */
export interface R2UploadedPart {
  /** Its number. */
  partNumber: number
  /** What `complete` wants to see again. */
  etag: string
}
