import { type Descriptor, RegistryError, type Span } from '../oci/index.ts'
import type { Content } from '../registry.ts'

/** How much `bytes()` reads if nobody says otherwise. */
const DEFAULT_LIMIT = 4 * 1024 * 1024

/** Makes a {@link Content} of something that opens a stream. */
export function contentOf(
  descriptor: Descriptor,
  open: () => ReadableStream<Uint8Array>,
  extra: { range?: Span; location?: string } = {},
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
      if (size > limit)
        throw new RegistryError('SIZE_INVALID', `the content has ${size} bytes, more than ${limit}`)
      return new Uint8Array(await new Response(stream()).arrayBuffer())
    },
    async [Symbol.asyncDispose]() {
      if (opened && !opened.locked) await opened.cancel()
    },
  }
}

/** A stream that takes its time to open. */
export function later(open: () => Promise<ReadableStream<Uint8Array>>): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  open()
    .then((stream) => stream.pipeTo(writable))
    // What fails here fails whoever reads.
    .catch((error: unknown) => writable.abort(error).catch(() => {}))
  return readable
}
