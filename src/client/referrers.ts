/**
 * What refers to a manifest (end-12), by the registry's own list or by the fallback tag.
 * @module
 */

import { repositoryScope } from '../auth/client/index.ts'
import { type Descriptor, type Digest, OCI_INDEX, referrersPath } from '../oci/index.ts'
import type { CallOptions, Referrer } from '../registry.ts'
import { type Core, callOf } from './core.ts'
import { broken } from './errors.ts'
import { isDescriptor, isList, NO_REFERRERS, readFallback } from './fallback-tag.ts'
import { type Page, pages } from './pages.ts'

/** What is asked of a list of referrers. */
type Options = CallOptions & { artifactTypes?: readonly string[]; after?: string }

/**
 * Every referrer once, filtered here where the registry did not. A cursor is the digest of its entry; if that is gone
 * meanwhile, the list begins anew rather than leaving something out.
 */
export async function* referrers(
  core: Core,
  repo: string,
  subject: Digest,
  { artifactTypes = [], after, ...options }: Options = {},
): AsyncGenerator<Referrer, void, void> {
  options.signal?.throwIfAborted()
  const matches = ({ artifactType }: Descriptor): boolean =>
    artifactTypes.length === 0 || (artifactType !== undefined && artifactTypes.includes(artifactType))
  let isBehind = after === undefined
  const seen = new Set<Digest>()
  for await (const descriptor of entries(core, repo, subject, artifactTypes, options)) {
    if (seen.has(descriptor.digest) || !matches(descriptor)) continue
    seen.add(descriptor.digest)
    if (isBehind) yield { descriptor, cursor: descriptor.digest, filtered: true }
    else isBehind = descriptor.digest === after
  }
  if (!isBehind) yield* referrers(core, repo, subject, { ...options, artifactTypes })
}

async function* entries(
  core: Core,
  repo: string,
  subject: Digest,
  artifactTypes: readonly string[],
  options: CallOptions,
): AsyncGenerator<Descriptor, void, void> {
  const name = core.settings.nameOf(repo)
  // Of several, some registries would look at one only, and leave the others out.
  const [type] = artifactTypes
  const query =
    type === undefined || artifactTypes.length > 1 ? '' : `?artifactType=${encodeURIComponent(type)}`
  const ask = {
    url: referrersPath(name, subject) + query,
    scopes: [repositoryScope(name, 'pull')],
    repository: name,
    headers: { accept: OCI_INDEX },
    accept: NO_REFERRERS,
    ...callOf(options),
  }
  for await (const { response, fields } of pages(core, ask, isList)) {
    core.hasReferrers = isList(response)
    yield* isList(response) ? listedIn(core, fields) : await readFallback(core, repo, subject, options)
  }
}

/** What is no descriptor is an error: whoever asks for signatures must not get fewer without being told. */
function listedIn({ settings }: Core, { manifests }: Page['fields']): Descriptor[] {
  if (manifests === null) return []
  if (!Array.isArray(manifests) || !manifests.every(isDescriptor))
    throw broken(settings.base.host, 'sends a list of referrers that is no index')
  return manifests
}
