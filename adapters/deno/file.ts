import { fileOf } from '../../src/body.ts'
import { deno } from './runtime.ts'

/** Counted from the first byte (`Deno.SeekMode.Start`). */
const START = 0

/**
 * The file behind a body, as Deno sends it with half the work: by itself, to its end. `null` if there is none, or if
 * more follows in it; then the body is untouched.
 */
export async function fileBehind(
  body: ReadableStream<Uint8Array>,
): Promise<ReadableStream<Uint8Array> | null> {
  const part = fileOf(body)
  // What cannot be opened fails in the body, too.
  const file =
    part &&
    (await deno()
      .open(part.path)
      .catch(() => null))
  if (!part || !file) return null
  if (file.statSync().size !== part.offset + part.length) {
    file.close()
    return null
  }
  body.cancel().catch(() => {})
  if (part.offset > 0) await file.seek(part.offset, START)
  return file.readable
}
