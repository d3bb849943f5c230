/**
 * Reading bodies that may stall.
 * @module
 */

/** The next chunk; `null` at the end. Rejects when none comes in time, and cancels the body then. */
export async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  timeout: number,
): Promise<Uint8Array | null> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${timeout / 1000} s`)), timeout)
  })
  try {
    const { value, done } = await Promise.race([reader.read(), late])
    return done ? null : value
  } catch (error) {
    reader.cancel(error).catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Reads a body whole; `null` if it has more than `limit` bytes, of which the rest is not read. */
export async function readUpTo(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
  timeout: number,
): Promise<Uint8Array | null> {
  if (!body) return new Uint8Array()
  const reader = body.getReader()
  // Not the chunks themselves: a million of one byte each would take a hundred times their bytes.
  let bytes: Uint8Array = new Uint8Array()
  let size = 0
  for (let chunk = await nextChunk(reader, timeout); chunk; chunk = await nextChunk(reader, timeout)) {
    if (size + chunk.length > limit) {
      await reader.cancel().catch(() => {})
      return null
    }
    bytes = size === 0 ? chunk : appended(bytes, size, chunk)
    size += chunk.length
  }
  return bytes.subarray(0, size)
}

/** Bytes with more behind the first `size` of them: in place, if there is room. */
function appended(bytes: Uint8Array, size: number, more: Uint8Array): Uint8Array {
  const total = size + more.length
  const roomy = total <= bytes.length ? bytes : new Uint8Array(Math.max(total, 2 * bytes.length))
  if (roomy !== bytes) roomy.set(bytes.subarray(0, size))
  roomy.set(more, size)
  return roomy
}

/** Lets go of a body that nobody reads. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {})
}
