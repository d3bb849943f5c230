/**
 * One body for several readers.
 * @module
 */

/**
 * Splits a stream into `count` equal ones. It is read as fast as the slowest of them, and at most one chunk is waiting
 * for it; `tee()` would keep everything that the slowest has not read yet. One that is cancelled stops holding up the
 * others; when all are, so is the source.
 */
export function fanOut(source: ReadableStream<Uint8Array>, count: number): ReadableStream<Uint8Array>[] {
  const reader = source.getReader()
  /** Those that still read, and whether each of them wants its next chunk. */
  const readers = new Map<ReadableStreamDefaultController<Uint8Array>, boolean>()
  let isReading = false

  const next = async (): Promise<void> => {
    if (isReading || ![...readers.values()].every(Boolean) || readers.size === 0) return
    isReading = true
    try {
      const { value, done } = await reader.read()
      for (const controller of [...readers.keys()]) {
        readers.set(controller, false)
        if (done) controller.close()
        else controller.enqueue(value)
      }
      if (done) readers.clear()
    } catch (error) {
      for (const controller of readers.keys()) controller.error(error)
      readers.clear()
    } finally {
      isReading = false
    }
    // Whoever asked while it was read: its chunk is there already, and it may have asked for another.
    await next()
  }

  return Array.from({ length: count }, () => {
    let own: ReadableStreamDefaultController<Uint8Array>
    return new ReadableStream<Uint8Array>(
      {
        start(controller) {
          own = controller
          readers.set(controller, false)
        },
        pull() {
          if (readers.has(own)) readers.set(own, true)
          void next()
        },
        async cancel(reason) {
          readers.delete(own)
          if (readers.size === 0) await reader.cancel(reason)
          else void next()
        },
      },
      { highWaterMark: 0 },
    )
  })
}
