/** A stream that takes its time to open. */
export function later(open: () => Promise<ReadableStream<Uint8Array>>): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  open()
    .then((stream) => stream.pipeTo(writable))
    // What fails here fails whoever reads.
    .catch((error: unknown) => writable.abort(error).catch(() => {}))
  return readable
}
