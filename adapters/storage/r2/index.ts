/**
 * The driver of Cloudflare R2, by a bucket's binding.
 *
 * `records.ts` and `contents.ts` are the two faces of the storage contract. `marked.ts` makes up for what R2 does
 * not have, a conditional delete; `sized.ts` for what it insists on, streams of known length; `errors.ts` reads
 * its error codes; `types.ts` is the part of the binding that is used.
 * @module
 */

export { type R2Clock, type R2Options, r2 } from './r2.ts'
export type {
  R2Bucket,
  R2Conditional,
  R2ListOptions,
  R2MultipartUpload,
  R2Object,
  R2ObjectBody,
  R2Objects,
  R2PutOptions,
  R2UploadedPart,
} from './types.ts'
