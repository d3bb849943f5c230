import { orRelease } from '../../content.ts'
import { digestOf } from '../../hash/index.ts'
import { type Digest, OCTET_STREAM, parseManifest, RegistryError, type Tag } from '../../oci/index.ts'
import { type CallOptions, defineRegistry, REGISTRY_METHODS, type Registry } from '../../registry.ts'
import { pulling } from './pull.ts'
import {
  type BlobEvent,
  baseOf,
  type ChangeEvent,
  type DeleteEvent,
  described,
  type ManifestEvent,
  type MountEvent,
  type PullEvent,
  type ReferrerEvent,
} from './types.ts'

/** Stands around the calls of a registry that change something or read content. */
export interface Observer {
  /**
   * Stands around a change. It calls `work` once and gives back what that gives, or throws without calling it: then
   * nothing was changed.
   * @param planned What the call would do, as far as it is known.
   * @param happened What it has done, of what `work` has given; empty if nothing.
   */
  change<T>(
    planned: readonly ChangeEvent[],
    work: () => Promise<T>,
    happened: (value: T) => readonly ChangeEvent[],
  ): Promise<T>
  /** Before content is read; what it throws is what the caller gets. */
  pull(planned: PullEvent): Promise<void>
  /** When a body begins to be read. Must not throw. */
  pulled(event: PullEvent): void
}

/** A registry with an observer around its changes and pulls. What else a value can beside the contract, it still can. */
export function observe(inner: Registry, observer: Observer): Registry {
  return {
    ...capabilities(inner),
    ...defineRegistry({
      ...pulling(inner, observer),
      resolveBlob: (repo, digest, options) => inner.resolveBlob(repo, digest, options),
      resolveManifest: (repo, reference, options) => inner.resolveManifest(repo, reference, options),
      startUpload: (repo, options) => inner.startUpload(repo, options),
      uploadStatus: (repo, id, options) => inner.uploadStatus(repo, id, options),
      writeUpload: (repo, id, body, options) => inner.writeUpload(repo, id, body, options),
      cancelUpload: (repo, id, options) => inner.cancelUpload(repo, id, options),
      // Handed on as they are: they may have batches behind them.
      tags: (repo, options) => inner.tags(repo, options),
      repositories: (options) => inner.repositories(options),
      referrers: (repo, subject, options) => inner.referrers(repo, subject, options),
      ...pushingBlobs(inner, observer),
      ...pushingManifests(inner, observer),
      ...deleting(inner, observer),
    }),
  }
}

/** Marks and methods of a store that are not of the contract: `sealsUploads`, `collect` and so on. */
function capabilities(inner: Registry): object {
  return Object.fromEntries(
    Object.entries(inner).filter(([name]) => !(REGISTRY_METHODS as readonly string[]).includes(name)),
  )
}

function pushingBlobs(inner: Registry, observer: Observer): Partial<Registry> {
  const blobOf = (repo: string, digest: Digest, options: CallOptions, size?: number): BlobEvent => ({
    type: 'blob',
    ...baseOf(repo, options.context),
    digest,
    ...(size === undefined ? {} : { size }),
    mediaType: OCTET_STREAM,
  })
  return {
    pushBlob: (repo, blob, body, options = {}) =>
      orRelease(body, () =>
        observer.change(
          [blobOf(repo, blob.digest, options, blob.size)],
          () => inner.pushBlob(repo, blob, body, options),
          ({ size }) => [blobOf(repo, blob.digest, options, size)],
        ),
      ),
    finishUpload: (repo, id, digest, options = {}) =>
      orRelease(options.body, async () => {
        let begun = false
        const work = () => {
          begun = true
          return inner.finishUpload(repo, id, digest, options)
        }
        try {
          return await observer.change([blobOf(repo, digest, options)], work, ({ size }) => [
            blobOf(repo, digest, options, size),
          ])
        } catch (error) {
          if (!begun && isRefusal(error)) await leaveNothing(inner, repo, id, options)
          throw error
        }
      }),
    mountBlob(repo, digest, options = {}) {
      const mount: MountEvent = {
        type: 'mount',
        ...baseOf(repo, options.context),
        digest,
        mediaType: OCTET_STREAM,
        ...(options.from === undefined ? {} : { from: options.from }),
      }
      return observer.change(
        [mount],
        () => inner.mountBlob(repo, digest, options),
        (found) => (found ? [{ ...mount, size: found.size }] : []),
      )
    },
  }
}

/** Whether an error says that something shall not be, and not that it cannot be now. */
function isRefusal(error: unknown): boolean {
  return error instanceof RegistryError && error.status < 500
}

/** The bytes of a blob that is not wanted go with their session. */
async function leaveNothing(
  inner: Registry,
  repo: string,
  id: string,
  { context }: CallOptions,
): Promise<void> {
  await inner.cancelUpload(repo, id, context ? { context } : {}).catch(() => {})
}

function pushingManifests(inner: Registry, observer: Observer): Partial<Registry> {
  return {
    async pushManifest(repo, bytes, mediaType, options = {}) {
      const { tags = [], context } = options
      const digest = options.digest ?? (await digestOf('sha256', bytes))
      const { subject, artifactType, ...view } = viewOf(bytes, mediaType)
      const manifest = { ...baseOf(repo, context), digest, size: bytes.length, ...view }
      const referrer = (to: Digest): ReferrerEvent => ({
        type: 'referrer',
        ...manifest,
        to,
        ...(artifactType === undefined ? {} : { artifactType }),
      })
      return observer.change(
        withTags({ type: 'manifest', ...manifest, tags }, subject && referrer(subject)),
        () => inner.pushManifest(repo, bytes, mediaType, options),
        (pushed) =>
          withTags(
            { type: 'manifest', ...manifest, ...described(pushed.descriptor), tags: pushed.tags },
            pushed.subject && { ...referrer(pushed.subject), ...described(pushed.descriptor) },
          ),
      )
    },
  }
}

/** In the order in which they take effect. */
function withTags(manifest: ManifestEvent, referrer: ReferrerEvent | undefined): ChangeEvent[] {
  const { tags, ...rest } = manifest
  const set = tags.map((tag: Tag) => ({ ...rest, type: 'tag', tag }) as const)
  return [manifest, ...(referrer ? [referrer] : []), ...set]
}

/** What a manifest says of itself. One that cannot be read is the registry's to refuse. */
function viewOf(
  bytes: Uint8Array,
  mediaType: string,
): { mediaType: string; subject?: Digest; artifactType?: string } {
  try {
    const { references: _, annotations: __, ...view } = parseManifest(bytes, mediaType || null)
    return view
  } catch {
    return { mediaType }
  }
}

function deleting(inner: Registry, observer: Observer): Partial<Registry> {
  const around = (
    repo: string,
    what: Pick<DeleteEvent, 'what' | 'digest' | 'tag'>,
    options: CallOptions,
    work: () => Promise<void>,
  ): Promise<void> => {
    const event: DeleteEvent = { type: 'delete', ...baseOf(repo, options.context), ...what }
    return observer.change([event], work, () => [event])
  }
  return {
    deleteBlob: (repo, digest, options = {}) =>
      around(repo, { what: 'blob', digest }, options, () => inner.deleteBlob(repo, digest, options)),
    deleteManifest: (repo, digest, options = {}) =>
      around(repo, { what: 'manifest', digest }, options, () => inner.deleteManifest(repo, digest, options)),
    deleteTag: (repo, tag, options = {}) =>
      around(repo, { what: 'tag', tag }, options, () => inner.deleteTag(repo, tag, options)),
  }
}
