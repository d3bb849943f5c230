/**
 * Content that is on its way: made of something that opens a stream, and let go of when nobody wants it.
 * @module
 */

import { type Descriptor, RegistryError, type Span } from './oci/index.ts'
import type { Body, Content } from './registry.ts'

/** How much `bytes()` reads if nobody says otherwise. */
const DEFAULT_LIMIT = 4 * 1024 * 1024

/** What a content may have beside its descriptor. */
export interface ContentExtra {
  readonly range?: Span
  readonly location?: string
  /** Lets go of what is held for a stream that was never opened. */
  readonly close?: () => Promise<void>
}

/** Makes a {@link Content} of something that opens a stream. */
export function contentOf(
  descriptor: Descriptor,
  open: () => ReadableStream<Uint8Array>,
  { close, ...extra }: ContentExtra = {},
): Content {
  let opened: ReadableStream<Uint8Array> | undefined
  const stream = (): ReadableStream<Uint8Array> => {
    if (opened) throw new TypeError('this content has been opened before')
    opened = open()
    return opened
  }
  return {
    descriptor,
    ...extra,
    stream,
    async bytes(limit = DEFAULT_LIMIT) {
      const size = extra.range?.length ?? descriptor.size
      if (size > limit) {
        if (!opened) await close?.()
        throw new RegistryError('SIZE_INVALID', `the content has ${size} bytes, more than ${limit}`)
      }
      return new Uint8Array(await new Response(stream()).arrayBuffer())
    },
    async [Symbol.asyncDispose]() {
      if (!opened) await close?.()
      // One that has failed fails here again: its reader knows.
      else if (!opened.locked) await opened.cancel().catch(() => {})
    },
  }
}

/** Lets go of a body that `work` has failed without touching. */
export async function orRelease<T>(body: Body | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (body instanceof ReadableStream && !body.locked) await body.cancel(error).catch(() => {})
    throw error
  }
}
