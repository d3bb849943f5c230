/**
 * The tag that lists the referrers of a manifest, where the registry does not list them itself
 * (distribution-spec, "Referrers Tag Schema"). One client changes a list in one place at a time. Another client may
 * write between, which is found out where the registry keeps to `If-Match`; elsewhere nothing excludes that.
 * @module
 */

import { repositoryScope } from '../auth/client/index.ts'
import { digestOf } from '../hash/index.ts'
import {
  type Descriptor,
  type Digest,
  encodedOf,
  essenceOf,
  isDigest,
  type ManifestView,
  OCI_INDEX,
  parseManifest,
  RegistryError,
  referrerOf,
  referrersPath,
  type Tag,
} from '../oci/index.ts'
import type { CallOptions } from '../registry.ts'
import { type Core, callOf, inTurn } from './core.ts'
import { fieldsOf, getManifest, readManifest } from './manifests.ts'
import { putManifest } from './put-manifest.ts'
import { discard } from './read.ts'
import { pause } from './send.ts'

const MAX_ALGORITHM = 32
const MAX_ENCODED = 64

/** The tag of a subject: `sha256-` and 64 digits; longer digests are cut. */
function fallbackTag(subject: Digest): Tag {
  const algorithm = subject.slice(0, subject.indexOf(':')).slice(0, MAX_ALGORITHM)
  return `${algorithm}-${encodedOf(subject).slice(0, MAX_ENCODED)}`.replace(/[^\w.-]/g, '-')
}

/** Statuses that say that a registry does not list referrers: the specification's, and what some send instead. */
export const NO_REFERRERS: readonly number[] = [400, 404, 405, 406, 501]

/** The entries under the tag; none where it is missing or names no such list. */
export async function readFallback(
  core: Core,
  repo: string,
  subject: Digest,
  options?: CallOptions,
): Promise<Descriptor[]> {
  return (await read(core, repo, subject, options)).entries
}

/** The entries of an index; those that are no descriptors are left out. */
function entriesIn(bytes: Uint8Array): Descriptor[] {
  const { manifests } = fieldsOf(bytes)
  return Array.isArray(manifests) ? manifests.filter(isDescriptor) : []
}

/** Adds a manifest to the list of its subject. */
export async function addFallback(
  core: Core,
  repo: string,
  view: ManifestView,
  { digest, size }: { digest: Digest; size: number },
  options?: CallOptions,
): Promise<void> {
  const add = (entries: readonly Descriptor[]): Descriptor[] | null =>
    entries.some((each) => each.digest === digest) ? null : [...entries, referrerOf(view, digest, size)]
  await change(core, repo, view.subject!, add, options)
}

/**
 * Takes a manifest that is to be deleted out of the list of its subject. Whether that is needed is found out once for
 * a client; a registry that does not let us look is left alone.
 */
export async function removeFallback(
  core: Core,
  repo: string,
  digest: Digest,
  options?: CallOptions,
): Promise<void> {
  try {
    if (await keepsReferrers(core, repo, digest, options)) return
    const { bytes, descriptor } = await getManifest(core, repo, digest, options)
    const { subject } = parseManifest(bytes, descriptor.mediaType)
    if (subject === undefined) return
    const remove = (entries: readonly Descriptor[]): Descriptor[] | null => {
      const rest = entries.filter((each) => each.digest !== digest)
      return rest.length < entries.length ? rest : null
    }
    await change(core, repo, subject, remove, options)
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status >= 500) throw error
  }
}

async function keepsReferrers(
  core: Core,
  repo: string,
  digest: Digest,
  options?: CallOptions,
): Promise<boolean> {
  if (core.hasReferrers !== null) return core.hasReferrers
  const name = core.settings.nameOf(repo)
  const { response } = await core.send({
    method: 'GET',
    url: referrersPath(name, digest),
    scopes: [repositoryScope(name, 'pull')],
    repository: name,
    accept: NO_REFERRERS,
    ...callOf(options),
  })
  await discard(response)
  core.hasReferrers = isList(response)
  return core.hasReferrers
}

/** A registry that shows a page of its own for every path has no list: it has another type. */
export function isList({ ok, headers }: Response): boolean {
  return ok && essenceOf(headers.get('content-type')) === OCI_INDEX
}

interface List {
  readonly entries: Descriptor[]
  /** Its validator; null without one, and where there is no list yet. */
  readonly etag: string | null
  /** The tag names something else, which must not be overwritten. */
  readonly isTaken: boolean
}

/** Some registries take the tag for the digest and answer with the subject itself. */
async function read(core: Core, repo: string, subject: Digest, options?: CallOptions): Promise<List> {
  try {
    const { manifest, etag } = await readManifest(core, repo, fallbackTag(subject), options)
    const { descriptor, bytes } = manifest
    const isTaken = descriptor.mediaType !== OCI_INDEX || descriptor.digest === subject
    return { entries: isTaken ? [] : entriesIn(bytes), etag, isTaken }
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404)
      return { entries: [], etag: null, isTaken: false }
    throw error
  }
}

/** How often a list is read again that others change at the same time. */
const MAX_RACES = 8

/**
 * Changes a list. What has changed since it was read is read again; a registry that says so of what has not, or again
 * and again, means something else by its validators, and is asked without.
 * @param edit Gives the new entries, or null if nothing has to change.
 */
async function change(
  core: Core,
  repo: string,
  subject: Digest,
  edit: (entries: readonly Descriptor[]) => readonly Descriptor[] | null,
  options?: CallOptions,
): Promise<void> {
  await inTurn(core, `${repo} ${subject}`, async () => {
    let refused: string | null = null
    for (let no = 0; ; no++) {
      const { entries, etag } = await listed(core, repo, subject, options)
      const edited = edit(entries)
      if (!edited) return
      const ifMatch: string | null = no < MAX_RACES && etag !== refused ? etag : null
      try {
        await write(core, repo, subject, edited, ifMatch, options)
        return
      } catch (error) {
        if (ifMatch === null || !(error instanceof RegistryError) || error.status !== 412) throw error
        refused = ifMatch
        await pause(core.settings, no, options?.signal)
      }
    }
  })
}

/** The list to change. @throws RegistryError when there can be none. */
async function listed(core: Core, repo: string, subject: Digest, options?: CallOptions): Promise<List> {
  const list = await read(core, repo, subject, options)
  if (!list.isTaken) return list
  const tag = fallbackTag(subject)
  throw new RegistryError('MANIFEST_INVALID', `the tag ${tag} names something that is no list of referrers`, {
    status: 409,
    detail: { tag },
  })
}

async function write(
  core: Core,
  repo: string,
  subject: Digest,
  manifests: readonly Descriptor[],
  ifMatch: string | null,
  options?: CallOptions,
): Promise<void> {
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests }
  const bytes = new TextEncoder().encode(JSON.stringify(index))
  const digest = await digestOf('sha256', bytes)
  const push = { repo, bytes, mediaType: OCI_INDEX, digest, ifMatch, options }
  await putManifest(core, push, [fallbackTag(subject)])
}

/** Whether this names a content, its type and its size. */
export function isDescriptor(value: unknown): value is Descriptor {
  const { mediaType, digest, size } = (value ?? {}) as Readonly<Record<string, unknown>>
  return (
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0
  )
}
