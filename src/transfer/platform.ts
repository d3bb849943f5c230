/**
 * Platforms: which children of an index somebody wants (image-spec, image-index.md, "platform").
 * @module
 */

import { type Digest, isDigest } from '../oci/index.ts'

/** What an image runs on. */
export interface Platform {
  /** As in `linux`. */
  readonly os: string
  /** As in `arm64`. */
  readonly architecture: string
  /** As in `v7`. */
  readonly variant?: string
}

/** A child of an index, as far as choosing goes. */
export interface Child {
  /** Of the child. */
  readonly digest: Digest
  /** What it runs on; absent if it does not say. */
  readonly platform?: Platform
  /** What it describes instead of being an image: attestations of BuildKit say so in an annotation. */
  readonly about?: string
}

const PART = /^[a-z0-9_.-]{1,64}$/i

/**
 * Reads a platform, as in `linux/arm64` or `linux/arm/v7`.
 * @throws TypeError for anything else.
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/')
  const [os, architecture, variant] = parts
  if (!os || !architecture || parts.length > 3 || !parts.every((part) => PART.test(part)))
    throw new TypeError(`${JSON.stringify(text.slice(0, 64))} is no platform: write it as in linux/arm64`)
  return { os, architecture, ...(variant === undefined ? {} : { variant }) }
}

/** Whether a platform is one that is wanted; without a variant any is, and `v8` goes without saying on arm64. */
function fits(wanted: Platform, found: Platform | undefined): boolean {
  if (found?.os !== wanted.os || found.architecture !== wanted.architecture) return false
  const plain = wanted.architecture === 'arm64' ? 'v8' : undefined
  return wanted.variant === undefined || wanted.variant === (found.variant ?? plain)
}

/** The children of an index, in order. What is no descriptor is left out. */
export function childrenOf(index: Uint8Array): Child[] {
  const { manifests } = JSON.parse(new TextDecoder().decode(index)) as { manifests?: unknown }
  if (!Array.isArray(manifests)) return []
  return manifests.flatMap((child) => {
    const { digest, platform, annotations } = child ?? {}
    if (typeof digest !== 'string' || !isDigest(digest)) return []
    const about: unknown = annotations?.['vnd.docker.reference.digest']
    return [
      { digest, ...(platform ? { platform } : {}), ...(typeof about === 'string' ? { about } : {}) } as Child,
    ]
  })
}

/** The children for some platforms, with what is about them. */
export function chosen(children: readonly Child[], platforms: readonly Platform[]): Child[] {
  const images = children.filter(({ platform }) => platforms.some((wanted) => fits(wanted, platform)))
  const digests = images.map(({ digest }): string => digest)
  return children.filter((child) => images.includes(child) || digests.includes(child.about ?? ''))
}

/**
 * The child of an index for one platform.
 * @throws TypeError that names the platforms which there are.
 */
export function choose(index: Uint8Array, wanted: Platform): Digest {
  const children = childrenOf(index)
  const found = children.find(({ platform }) => fits(wanted, platform))
  if (found) return found.digest
  const there = children.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : []))
  const list = there.length === 0 ? 'it names none' : `there are ${there.slice(0, 20).join(', ')}`
  throw new TypeError(`there is no image for ${formatPlatform(wanted)}: ${list}`)
}

/** The text of a platform. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
}
