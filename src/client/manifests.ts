/**
 * Reading and describing manifests (end-3).
 * @module
 */

import { repositoryScope } from '../auth/client/index.ts'
import { digestOf } from '../hash/index.ts'
import {
  algorithmOf,
  type Descriptor,
  type Digest,
  essenceOf,
  isContentDigest,
  isDigestReference,
  manifestPath,
  OCI_INDEX,
  OCI_MANIFEST,
  RegistryError,
  type Tag,
} from '../oci/index.ts'
import type { CallOptions, Manifest } from '../registry.ts'
import { type Core, callOf } from './core.ts'
import { broken, mismatch } from './errors.ts'
import { digestIn, lengthOf } from './headers.ts'
import { discard } from './read.ts'
import { DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED, unwrapSchema1 } from './schema1.ts'
import type { Ask } from './send.ts'
import { sendForWhole } from './whole.ts'

/** What all requests for a manifest have in common. */
function askManifest(
  { settings }: Core,
  repo: string,
  reference: Digest | Tag,
  options?: CallOptions,
): Omit<Ask, 'method'> {
  const name = settings.nameOf(repo)
  return {
    url: manifestPath(name, reference),
    scopes: [repositoryScope(name, 'pull')],
    repository: name,
    headers: { accept: settings.accept },
    unknown: 'MANIFEST_UNKNOWN',
    ...callOf(options),
  }
}

/** Reads a manifest, and verifies it by the digest that was asked for, or by that which the registry tells. */
export async function getManifest(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  options?: CallOptions,
): Promise<Manifest> {
  return (await readManifest(core, repo, reference, options)).manifest
}

/** The same with the strong validator that came with it, if one did. */
export async function readManifest(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  options?: CallOptions,
): Promise<{ manifest: Manifest; etag: string | null }> {
  const { maxManifestSize } = core.settings
  const ask = { ...askManifest(core, repo, reference, options), method: 'GET' }
  const { response, bytes: received } = await sendForWhole(core, ask, maxManifestSize)
  if (!received)
    throw new RegistryError('SIZE_INVALID', `the manifest has more than ${maxManifestSize} bytes`, {
      status: 502,
    })
  const type = essenceOf(response.headers.get('content-type'))
  const isSigned = type === DOCKER_SCHEMA1_SIGNED
  const bytes = isSigned ? unwrapSchema1(received) : received
  const digest = await verified(bytes, reference, digestIn(response.headers))
  const mediaType = isSigned ? DOCKER_SCHEMA1 : typeOf(core, bytes, type)
  const etag = response.headers.get('etag')
  return {
    manifest: { descriptor: { mediaType, digest, size: bytes.length }, bytes },
    etag: etag?.startsWith('"') ? etag : null,
  }
}

/** HEAD; and where that does not tell type, size and digest, or is refused, GET. */
export async function resolveManifest(
  core: Core,
  repo: string,
  reference: Digest | Tag,
  options?: CallOptions,
): Promise<Descriptor> {
  const ask = askManifest(core, repo, reference, options)
  const { response } = await core.send({ ...ask, method: 'HEAD', accept: [405, 501] })
  await discard(response)
  const { headers, ok } = response
  const mediaType = essenceOf(headers.get('content-type'))
  const size = lengthOf(headers)
  const told = digestIn(headers)
  const digest = isDigestReference(reference) ? reference : told
  // A signed manifest is longer than what its digest is of.
  const isTold = ok && mediaType !== null && !isVague(mediaType) && mediaType !== DOCKER_SCHEMA1_SIGNED
  if (!isTold || size === null || digest === null)
    return (await getManifest(core, repo, reference, options)).descriptor
  if (told !== null && algorithmName(told) === algorithmName(digest) && told !== digest)
    throw mismatch('the registry tells another digest than the one that was asked for', {
      expected: digest,
      found: told,
    })
  return { mediaType, digest, size }
}

/** The digest of bytes: the one that was asked for, else the one that is told, else sha256. */
async function verified(bytes: Uint8Array, reference: Digest | Tag, told: Digest | null): Promise<Digest> {
  const expected = isDigestReference(reference)
    ? reference
    : told !== null && isContentDigest(told)
      ? told
      : null
  const found = await digestOf(expected === null ? 'sha256' : algorithmOf(expected), bytes)
  if (expected === null || found === expected) return found
  throw mismatch('the registry sent another manifest than that of this digest', { expected, found })
}

const VAGUE: readonly string[] = ['application/json', 'text/plain', 'application/octet-stream']

/** Whether a type says nothing about a manifest. */
export function isVague(type: string): boolean {
  return VAGUE.includes(type)
}

/** The type of the answer; where that says nothing, the manifest's own. The two must not contradict each other. */
function typeOf({ settings }: Core, bytes: Uint8Array, type: string | null): string {
  const own = ownTypeOf(bytes)
  if (type === null || isVague(type)) return own ?? 'application/octet-stream'
  const stated = statedTypeOf(bytes)
  if (stated === null || stated === type) return type
  throw broken(settings.base.host, `says that a manifest is ${type.slice(0, 100)}, which it is not`)
}

/** What a manifest says that it is, else what its fields tell; `null` when neither does. */
export function ownTypeOf(bytes: Uint8Array): string | null {
  const stated = statedTypeOf(bytes)
  if (stated !== null) return stated
  const body = fieldsOf(bytes)
  if (body['manifests'] !== undefined) return OCI_INDEX
  return body['config'] !== undefined && body['layers'] !== undefined ? OCI_MANIFEST : null
}

function statedTypeOf(bytes: Uint8Array): string | null {
  const { mediaType } = fieldsOf(bytes)
  return typeof mediaType === 'string' && mediaType !== '' ? mediaType : null
}

/** The fields of a manifest; none for what is no JSON object. */
export function fieldsOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

function algorithmName(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'))
}
