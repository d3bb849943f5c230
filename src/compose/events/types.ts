/**
 * What happens to a registry, told apart by `type`.
 * @module
 */

import type { Descriptor, Digest, Span, Tag } from '../../oci/index.ts'
import type { Context, Subject } from '../../registry.ts'

/** What every event tells. */
export interface EventBase {
  /** The repository that it happens to. */
  readonly repository: string
  /** Who does it; `null` for anonymous, and for calls without a request. */
  readonly subject: Subject | null
  /** Of the request; absent for calls without one. */
  readonly requestId?: string
  /** The request: its action, the client's address and so on; absent for calls without one. */
  readonly context?: Context
}

/** A manifest is pushed. For each of its tags there is a {@link TagEvent}, too, and for its subject a {@link ReferrerEvent}. */
export interface ManifestEvent extends EventBase {
  /** A manifest. */
  readonly type: 'manifest'
  /** Of its bytes. */
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  /** Before the push it is what the client says, if the manifest cannot be read. */
  readonly mediaType: string
  /** Those that are set with it. */
  readonly tags: readonly Tag[]
}

/** A tag is set, with the push of its manifest. */
export interface TagEvent extends EventBase {
  /** A tag. */
  readonly type: 'tag'
  /** Its name. */
  readonly tag: Tag
  /** Of the manifest. */
  readonly digest: Digest
  /** Bytes of the manifest. */
  readonly size: number
  /** Of the manifest. */
  readonly mediaType: string
}

/** A manifest is pushed that refers to another one as its subject, as signatures and SBOMs do. */
export interface ReferrerEvent extends EventBase {
  /** A referrer. */
  readonly type: 'referrer'
  /** The manifest that it refers to, which need not be there. */
  readonly to: Digest
  /** Of the manifest that refers. */
  readonly digest: Digest
  /** Its bytes. */
  readonly size: number
  /** Its media type. */
  readonly mediaType: string
  /** What it is listed under, if it says so. */
  readonly artifactType?: string
}

/** A blob is pushed. */
export interface BlobEvent extends EventBase {
  /** A blob. */
  readonly type: 'blob'
  /** Of its bytes. */
  readonly digest: Digest
  /** Bytes; before the push absent if the client does not say. */
  readonly size?: number
  /** A registry does not know what a blob is: `application/octet-stream`. */
  readonly mediaType: string
}

/** A blob of another repository is mounted. */
export interface MountEvent extends EventBase {
  /** A mount. */
  readonly type: 'mount'
  /** Of the blob. */
  readonly digest: Digest
  /** Bytes; absent before it is mounted. */
  readonly size?: number
  /** `application/octet-stream`. */
  readonly mediaType: string
  /** The repository that it is taken from, if the client names one. */
  readonly from?: string
}

/** Something is deleted. With a manifest go its tags, without an event of their own. */
export interface DeleteEvent extends EventBase {
  /** A deletion. */
  readonly type: 'delete'
  /** What is deleted. */
  readonly what: 'blob' | 'manifest' | 'tag'
  /** Absent for a tag. */
  readonly digest?: Digest
  /** Only of a tag. */
  readonly tag?: Tag
}

/** A blob or a manifest is read, not only asked for (HEAD); also a manifest that the client turns out to have (304). */
export interface PullEvent extends EventBase {
  /** A pull. */
  readonly type: 'pull'
  /** What is read. */
  readonly what: 'blob' | 'manifest'
  /** Absent before a pull by tag. */
  readonly digest?: Digest
  /** If it is pulled by tag. */
  readonly tag?: Tag
  /** Bytes of the whole; absent before the pull. */
  readonly size?: number
  /** Absent before the pull. */
  readonly mediaType?: string
  /** The part of the blob that is read, if it is not the whole; absent before the pull. */
  readonly range?: Span
}

/** An event that changes something. */
export type ChangeEvent = ManifestEvent | TagEvent | ReferrerEvent | BlobEvent | MountEvent | DeleteEvent

/** Any event. */
export type RegistryEvent = ChangeEvent | PullEvent

/** What an event takes from a descriptor. */
export function described({
  digest,
  size,
  mediaType,
}: Descriptor): Pick<Descriptor, 'digest' | 'size' | 'mediaType'> {
  return { digest, size, mediaType }
}

/** What every event of a call tells. */
export function baseOf(repository: string, context: Context | undefined): EventBase {
  if (!context) return { repository, subject: null }
  return { repository, subject: context.subject, requestId: context.requestId, context }
}
