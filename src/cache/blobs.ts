/**
 * Blobs through the cache.
 * @module
 */

import {
  type ByteRange,
  type Descriptor,
  type Digest,
  RegistryError,
  resolveRange,
  type Span,
} from '../oci/index.ts'
import type { CallOptions, Content, Context, Reader } from '../registry.ts'
import { orNull, thrown } from './failures.ts'
import { type Begun, beginFill, type Fill, type Stored, type Unkept } from './fill.ts'
import { waitFor } from './flights.ts'
import { type Core, detached } from './options.ts'

/** Blobs that are asked for in parts, of which the bytes asked for are counted. */
const MAX_COUNTED = 1000
/** After the store has failed nothing is written to it for so long: blobs come straight from the upstream. */
const ASIDE = 10_000

type BlobOptions = CallOptions & { range?: ByteRange; location?: boolean }

/** The part of a cache that reads blobs. */
export function blobsThrough(core: Core): Pick<Reader, 'getBlob' | 'resolveBlob'> & Fetching {
  const fetching = fetchingBlobs(core)
  return {
    ...fetching,
    async getBlob(repo, digest, options = {}) {
      const stored = await orNull(core.store.getBlob(repo, digest, options))
      if (stored) {
        core.ledger.use({ kind: 'blob', repo, digest })
        return stored
      }
      if (core.offline) throw notKept(digest)
      return fetching.getBlob(repo, digest, options)
    },
    async resolveBlob(repo, digest, options = {}) {
      const stored = await orNull(core.store.resolveBlob(repo, digest, options))
      if (stored) {
        core.ledger.use({ kind: 'blob', repo, digest })
        return stored
      }
      if (core.offline) throw notKept(digest)
      return (await fetching.descriptorOf(repo, digest, options)) ?? resolveThere(core, repo, digest, options)
    },
  }
}

/** A HEAD is a HEAD. */
async function resolveThere(
  core: Core,
  repo: string,
  digest: Digest,
  options: CallOptions,
): Promise<Descriptor> {
  const name = `blob head ${repo} ${digest}`
  const work = core.flights.join(name, () =>
    detached(core, options.context, (call) => core.upstream.resolveBlob(repo, digest, call)),
  )
  return waitFor(work, options.signal).catch(thrown(options))
}

/** Blobs that are not stored. */
interface Fetching {
  /** What is being fetched of a blob tells its size without another request. */
  descriptorOf(repo: string, digest: Digest, options: CallOptions): Promise<Descriptor | null>
  /** Waits until nothing is being fetched. */
  idle(): Promise<void>
}

function fetchingBlobs(core: Core): Fetching & Pick<Reader, 'getBlob'> {
  const running = new Map<string, Promise<Begun>>()
  const asked = new Map<string, number>()
  const writing = new Set<Promise<void>>()
  let aside = Number.NEGATIVE_INFINITY
  const isAside = (): boolean => core.now() - aside < ASIDE

  const start = (repo: string, digest: Digest, context: Context | undefined): Promise<Begun> => {
    const name = nameOf(repo, digest)
    const before = running.get(name)
    if (before) return before
    const begun = beginFill(core, repo, digest, context)
    running.set(name, begun)
    const work = begun
      .then(async (found) => {
        if (found === 'mounted') return
        if ('take' in found) return await untaken(found)
        const { unkept }: Stored = await found.stored
        if (unkept === undefined) return
        aside = core.now()
        core.onError(unkept)
      })
      // The upstream's failures are told to those who wait.
      .catch(() => {})
      .finally(() => {
        running.delete(name)
        writing.delete(work)
      })
    writing.add(work)
    context?.defer(work)
    return begun
  }

  const whole = async (repo: string, digest: Digest, options: BlobOptions): Promise<Content> => {
    if (isAside()) return passOn(core, repo, digest, options)
    const begun = await waitFor(start(repo, digest, options.context), options.signal).catch(thrown(options))
    if (begun === 'mounted') return core.store.getBlob(repo, digest, options)
    if ('fill' in begun) return begun.fill.content(options)
    return begun.take(options.signal) ?? passOn(core, repo, digest, options)
  }

  const fillUnderWay = async (
    repo: string,
    digest: Digest,
    { signal }: CallOptions,
  ): Promise<Fill | null> => {
    const beginning = running.get(nameOf(repo, digest))?.catch(() => null)
    const begun = beginning ? await waitFor(beginning, signal) : null
    return typeof begun === 'object' && begun !== null && 'fill' in begun ? begun.fill : null
  }

  /** A part is fetched as a part; once as much was asked for as there is, the whole is fetched beside. */
  const part = async (
    repo: string,
    digest: Digest,
    range: ByteRange,
    options: BlobOptions,
  ): Promise<Content> => {
    const fill = await fillUnderWay(repo, digest, options)
    if (fill?.reaches(range)) return fill.content(options)
    const content = await passOn(core, repo, digest, options)
    const { size } = content.descriptor
    const span = content.range ?? resolveRange(range, size)
    const mayKeep = size <= core.maxBytes && !isAside()
    if (mayKeep && isWorthKeeping(asked, nameOf(repo, digest), span, size))
      start(repo, digest, options.context).catch(() => {})
    return content
  }

  return {
    getBlob: (repo, digest, options = {}) =>
      options.range ? part(repo, digest, options.range, options) : whole(repo, digest, options),
    async descriptorOf(repo, digest, options) {
      return (await fillUnderWay(repo, digest, options))?.descriptor ?? null
    },
    async idle() {
      while (writing.size > 0) await Promise.all(writing)
    },
  }
}

/** Those who wait for it take it before anything else happens; if they have all left, nobody will. */
async function untaken(unkept: Unkept): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve))
  await unkept.take(undefined)?.[Symbol.asyncDispose]()
}

function nameOf(repo: string, digest: Digest): string {
  return `${repo} ${digest}`
}

/** Straight from the upstream, for this caller alone. */
async function passOn(core: Core, repo: string, digest: Digest, options: BlobOptions): Promise<Content> {
  const { location: _, ...rest } = options
  return core.upstream.getBlob(repo, digest, rest).catch(thrown(options))
}

function isWorthKeeping(asked: Map<string, number>, name: string, { length }: Span, size: number): boolean {
  const sum = (asked.get(name) ?? 0) + length
  asked.delete(name)
  if (sum >= size) return true
  if (asked.size >= MAX_COUNTED) asked.delete(asked.keys().next().value!)
  asked.set(name, sum)
  return false
}

function notKept(digest: Digest): RegistryError {
  return new RegistryError('BLOB_UNKNOWN', 'this blob is not kept here, and nobody is asked for it', {
    detail: { digest },
  })
}
