/**
 * The tag that lists the referrers of a manifest, where the registry does not list them itself
 * (distribution-spec, "Referrers Tag Schema"). One client changes a list in one place at a time; another client may
 * write between: the specification knows no way to exclude that.
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
import { fieldsOf, getManifest } from './manifests.ts'
import { putManifest } from './put-manifest.ts'
import { discard } from './read.ts'

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
export function entriesIn(bytes: Uint8Array): Descriptor[] {
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
  const subject = view.subject!
  await inTurn(core, `${repo} ${subject}`, async () => {
    const entries = await listed(core, repo, subject, options)
    if (entries.some((each) => each.digest === digest)) return
    await write(core, repo, subject, [...entries, referrerOf(view, digest, size)], options)
  })
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
    await inTurn(core, `${repo} ${subject}`, async () => {
      const entries = await listed(core, repo, subject, options)
      const rest = entries.filter((each) => each.digest !== digest)
      if (rest.length < entries.length) await write(core, repo, subject, rest, options)
    })
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
  /** The tag names something else, which must not be overwritten. */
  readonly isTaken: boolean
}

/** Some registries take the tag for the digest and answer with the subject itself. */
async function read(core: Core, repo: string, subject: Digest, options?: CallOptions): Promise<List> {
  try {
    const { descriptor, bytes } = await getManifest(core, repo, fallbackTag(subject), options)
    const isTaken = descriptor.mediaType !== OCI_INDEX || descriptor.digest === subject
    return { entries: isTaken ? [] : entriesIn(bytes), isTaken }
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return { entries: [], isTaken: false }
    throw error
  }
}

/** The list to change. @throws RegistryError when there can be none. */
async function listed(
  core: Core,
  repo: string,
  subject: Digest,
  options?: CallOptions,
): Promise<Descriptor[]> {
  const { entries, isTaken } = await read(core, repo, subject, options)
  if (!isTaken) return entries
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
  options?: CallOptions,
): Promise<void> {
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests }
  const bytes = new TextEncoder().encode(JSON.stringify(index))
  const digest = await digestOf('sha256', bytes)
  await putManifest(core, { repo, bytes, mediaType: OCI_INDEX, digest, options }, [fallbackTag(subject)])
}

function isDescriptor(value: unknown): value is Descriptor {
  const { mediaType, digest, size } = (value ?? {}) as Readonly<Record<string, unknown>>
  return (
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0
  )
}
