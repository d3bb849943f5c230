/**
 * A blob on its way from the upstream into the store: fetched once, whoever waits for it and whoever leaves.
 * @module
 */

import { contentOf } from '../content.ts'
import {
  type ByteRange,
  type Descriptor,
  type Digest,
  OCTET_STREAM,
  resolveRange,
  type Span,
} from '../oci/index.ts'
import type { CallOptions, Content, Context, Reader } from '../registry.ts'
import { blamed, isWrongBytes, orNull } from './failures.ts'
import type { Kept } from './ledger.ts'
import { type Core, type DetachedCall, detach, settled } from './options.ts'
import type { Sources, Window } from './window.ts'

/** A blob that is being stored, or was a moment ago. */
export interface Fill {
  readonly descriptor: Descriptor
  /** Whether a range is served without another request: its first byte has come, and is still held. */
  reaches(range: ByteRange): boolean
  /** The blob as it comes. @throws RegistryError `RANGE_INVALID`. */
  content(options: CallOptions & { range?: ByteRange }): Content
}

/** What came of beginning to fetch a blob. */
export type Begun =
  | { readonly fill: Fill; readonly stored: Promise<Stored> }
  /** It is longer than all that may be kept. */
  | Unkept
  /** Another repository of the store had it, and the upstream's has it, too. */
  | 'mounted'

/** A blob that is not kept. The upstream has begun to send it, to one of those who wait. */
export interface Unkept {
  /** The blob for whoever asks first, from then on theirs to read or to let go of; `null` for the others. */
  take(signal: AbortSignal | undefined): Content | null
}

/** Whether a blob was stored; `unkept` is what the store had against it. Rejects with what the upstream has failed with. */
export type Stored = { readonly unkept?: unknown }

/** Begins to fetch a blob; resolves when the upstream has begun to send it. Its bytes come without anybody reading. */
export async function beginFill(
  core: Core,
  repo: string,
  digest: Digest,
  context: Context | undefined,
): Promise<Begun> {
  const { call, end, abort } = detach(core, context)
  try {
    if (await mountFromStore(core, repo, digest, call)) {
      end()
      return 'mounted'
    }
    call.signal.throwIfAborted()
    const content = await core.upstream.getBlob(repo, digest, call)
    if (content.descriptor.size <= core.maxBytes) {
      const begun = keepContent(core, repo, digest, content, call)
      begun.stored.then(end, end)
      return begun
    }
    end()
    return unkept(content, abort)
  } catch (error) {
    end()
    throw error
  }
}

function unkept(content: Content, abort: (reason: unknown) => void): Unkept {
  let isTaken = false
  return {
    take(signal) {
      if (isTaken) return null
      isTaken = true
      signal?.addEventListener('abort', () => abort(signal.reason), { once: true })
      return content
    },
  }
}

/** Passes a content on to the store and to all who read it meanwhile. */
function keepContent(
  core: Core,
  repo: string,
  digest: Digest,
  content: Content,
  { signal, context }: DetachedCall,
): Extract<Begun, { fill: Fill }> {
  const { size } = content.descriptor
  const descriptor: Descriptor = { mediaType: OCTET_STREAM, digest, size }
  const window = core.openWindow(size)
  const body = passing(content, window.push, signal)
  const what: Kept = { kind: 'blob', repo, digest, size }
  const keep = async (): Promise<void> => {
    await core.store.pushBlob(repo, { digest, size }, body.stream, settled(context))
  }
  const stored = core.ledger.keep(what, keep).then(
    (): Stored => {
      window.end()
      return {}
    },
    async (error): Promise<Stored> => {
      await body.cancel(error)
      const failure = body.failure() ?? (isWrongBytes(error) ? blamed(error) : undefined)
      if (failure === undefined) {
        window.giveUp(error)
        return { unkept: error }
      }
      window.fail(failure)
      throw failure
    },
  )
  stored.catch(() => {})
  return { fill: fillOf(core, repo, descriptor, window), stored }
}

function fillOf(core: Core, repo: string, descriptor: Descriptor, window: Window): Fill {
  const { digest, size } = descriptor
  return {
    descriptor,
    reaches: (range) => window.reaches(resolveRange(range, size).offset),
    content({ range, ...call }) {
      const span = range && resolveRange(range, size)
      const from = async (
        registry: Reader,
        { offset, length }: Span,
      ): Promise<ReadableStream<Uint8Array>> => {
        // Asked for whole it is verified, too.
        const part = length === size ? {} : { range: { first: offset, last: offset + length - 1 } }
        return (await registry.getBlob(repo, digest, { ...call, ...part })).stream()
      }
      const sources: Sources = {
        // Who is so slow that the blob has gone again gets the rest from where it came.
        stored: async (part) => (await orNull(from(core.store, part))) ?? from(core.upstream, part),
        elsewhere: (part) => from(core.upstream, part),
      }
      const open = () => window.read(span ?? { offset: 0, length: size }, sources)
      return contentOf(descriptor, open, span && { range: span })
    },
  }
}

/** The bytes of a content on their way to the store, which is shown each of them. */
interface Passing {
  readonly stream: ReadableStream<Uint8Array>
  /** What the upstream has failed with. */
  failure(): unknown
  cancel(reason: unknown): Promise<void>
}

function passing(content: Content, show: (bytes: Uint8Array) => void, signal: AbortSignal): Passing {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let failure: unknown
  let unwanted = false
  // Not every upstream looks at the signal while it sends.
  signal.addEventListener('abort', () => void reader?.cancel(signal.reason).catch(() => {}), { once: true })
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          signal.throwIfAborted()
          reader ??= content.stream().getReader()
          const { value, done } = await reader.read()
          if (unwanted) return
          signal.throwIfAborted()
          if (done) return controller.close()
          show(value)
          controller.enqueue(value)
        } catch (error) {
          // What the store has let go of fails by that, not by the upstream.
          if (!unwanted) failure = error
          throw error
        }
      },
      cancel(reason) {
        unwanted = true
        return reader?.cancel(reason) ?? content[Symbol.asyncDispose]()
      },
    },
    { highWaterMark: 0 },
  )
  return {
    stream,
    failure: () => failure,
    async cancel(reason) {
      if (reader) await reader.cancel(reason).catch(() => {})
      else await content[Symbol.asyncDispose]()
    },
  }
}

/**
 * Takes the bytes from another repository of the store, if the upstream's repository has them, too: a HEAD instead of a
 * download. Whatever comes in its way leaves the download.
 */
async function mountFromStore(
  core: Core,
  repo: string,
  digest: Digest,
  call: DetachedCall,
): Promise<boolean> {
  let noted: Kept | undefined
  let allowed: Promise<boolean> | undefined
  const isThere = async (): Promise<boolean> => {
    const { size } = await core.upstream.resolveBlob(repo, digest, call)
    noted = { kind: 'blob', repo, digest, size }
    await core.ledger.add(noted)
    return true
  }
  const mayRead = (): Promise<boolean> => {
    allowed ??= isThere().catch(() => false)
    return allowed
  }
  const options = { ...settled(call.context), mayRead }
  const mounted = await core.store.mountBlob(repo, digest, options).catch(() => null)
  if (!mounted && noted) await core.ledger.drop(noted).catch(core.onError)
  return mounted !== null
}
