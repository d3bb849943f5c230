/**
 * Whether a quota has room for more. Several pushes at a time may each find room that is there once: so a quota may
 * be overshot by what is in flight.
 * @module
 */

import { limited } from '../../body.ts'
import { type Digest, RegistryError } from '../../oci/index.ts'
import type { Body } from '../../registry.ts'
import type { Call } from '../../storage/index.ts'
import type { Core } from '../core.ts'
import { readLink } from '../links.ts'
import { quotasOf, usedOf } from './count.ts'
import { type Quota, sizeText, type Used } from './quota.ts'

/** @throws {@link RegistryError} `DENIED` if a repository may not have so many bytes more. */
export async function requireRoom(core: Core, repo: string, bytes: number, call: Call): Promise<void> {
  const error = await lackOfRoom(core, repo, bytes, call)
  if (error) throw error
}

/** The error if a repository may not have so many bytes more; `null` if it may. */
async function lackOfRoom(
  core: Core,
  repo: string,
  bytes: number,
  call: Call,
): Promise<RegistryError | null> {
  for (const quota of quotasOf(core, repo)) {
    const used = await usedOf(core, quota, call)
    if (quota.bytes !== undefined && used.bytes + bytes > quota.bytes) return tooManyBytes(quota, used)
  }
  return null
}

/** The same of a blob, which needs no room where the repository has it already. */
export async function lackOfRoomFor(
  core: Core,
  repo: string,
  blob: { digest: Digest; size: number },
  call: Call,
): Promise<RegistryError | null> {
  const error = await lackOfRoom(core, repo, blob.size, call)
  return error && (await readLink(core, repo, blob.digest, call)) ? null : error
}

/** @throws {@link RegistryError} `DENIED` if a repository may not have a manifest more. */
export async function requireRoomForManifest(core: Core, repo: string, call: Call): Promise<void> {
  for (const quota of quotasOf(core, repo)) {
    const used = await usedOf(core, quota, call)
    if (quota.manifests !== undefined && used.manifests >= quota.manifests)
      throw tooManyManifests(quota, used)
  }
}

/** New bytes of an upload, which has some already. */
interface Arriving {
  /** Bytes that it has. */
  readonly offset: number
  readonly body: Body | undefined
  /** Bytes of the body, when known. */
  readonly size: number | undefined
  /** What they make, when known. */
  readonly digest?: Digest
}

/**
 * Sees to it that new bytes of an upload have room: at once where their number is known, else while they arrive.
 * @returns the body to read.
 * @throws {@link RegistryError} `DENIED`
 */
export async function admit(
  core: Core,
  repo: string,
  { offset, body, size, digest }: Arriving,
  call: Call,
): Promise<Body | undefined> {
  const quotas = quotasOf(core, repo).filter(({ bytes }) => bytes !== undefined)
  if (quotas.length === 0 || (digest && (await readLink(core, repo, digest, call)))) return body
  const known = body === undefined ? 0 : body instanceof Uint8Array ? body.length : size
  let admitted = body
  for (const quota of quotas) {
    const used = await usedOf(core, quota, call)
    const room = Math.max(0, quota.bytes! - used.bytes)
    if (offset + (known ?? 1) > room) throw tooManyBytes(quota, used)
    if (known === undefined && admitted instanceof ReadableStream)
      admitted = limited(admitted, room - offset, () => tooManyBytes(quota, used))
  }
  return admitted
}

function tooManyBytes({ prefix, bytes: limit = 0 }: Quota, { bytes: used }: Used): RegistryError {
  const full = `${sizeText(used)} of ${sizeText(limit)} are used`
  return denied(prefix, `${full}, and this does not fit`, { unit: 'bytes', used, limit })
}

function tooManyManifests({ prefix, manifests: limit = 0 }: Quota, { manifests: used }: Used): RegistryError {
  return denied(prefix, `there are ${used} of ${limit} manifests`, { unit: 'manifests', used, limit })
}

/** Clients print `DENIED` with its message, and do not try again. */
function denied(prefix: string, how: string, detail: object): RegistryError {
  const whose = prefix === '*' ? 'the quota of this registry' : `the quota of ${prefix}`
  return new RegistryError('DENIED', `${whose} is full: ${how}. Delete something, or ask for more`, {
    detail: { quota: prefix, ...detail },
  })
}
