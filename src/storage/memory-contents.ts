/**
 * Contents in memory, as the chunks that they came in.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { Body } from '../registry.ts'
import type { Contents, Piece, PieceRules } from './contract.ts'
import { intake, withBody } from './intake.ts'

/** A stored run of bytes. */
interface Part {
  readonly no: number
  readonly receipt: string
  readonly size: number
  readonly chunks: readonly Uint8Array[]
}

/** What lies at a place: being built while it has a handle, readable once that is `null`. */
interface Content {
  handle: string | null
  parts: readonly Part[]
}

/** Contents that last as long as the process. It enforces `pieces`, to stand in for stores that do. */
export function memoryContents(pieces: PieceRules): Contents {
  const contents = new Map<string, Content>()
  let counter = 0

  const begun = (place: string, handle: string): Content => {
    const content = contents.get(place)
    if (content?.handle !== handle) throw new Error(`no content is being built at ${place}`)
    return content
  }
  const begin = (place: string, content: Content): void => {
    if (contents.has(place)) throw new Error(`the place ${place} is taken`)
    contents.set(place, content)
  }
  const find = (place: string): Content | undefined => {
    const content = contents.get(place)
    return content?.handle === null ? content : undefined
  }

  return {
    pieces,
    verifies: [],
    write(place, body, { size, signal }) {
      return withBody(body, async () => {
        signal?.throwIfAborted()
        if (contents.has(place)) throw new Error(`the place ${place} is taken`)
        const { chunks } = await collect(body, size, signal)
        begin(place, { handle: null, parts: [{ no: 1, receipt: '', size, chunks }] })
        return place
      })
    },
    async open(place, options) {
      options?.signal?.throwIfAborted()
      const handle = `${++counter}`
      begin(place, { handle, parts: [] })
      return handle
    },
    piece(place, handle, at, body, options) {
      return withBody(body, async () => {
        options?.signal?.throwIfAborted()
        checkPiece(at, pieces)
        begun(place, handle)
        const { chunks, size } = await collect(body, at.size, options?.signal)
        if (size > pieces.max) throw new RangeError(`a piece has at most ${pieces.max} bytes`)
        const content = begun(place, handle)
        const below = cut(content.parts, at.offset)
        if (total(below) < at.offset) throw new RangeError(`piece ${at.no} leaves a hole`)
        const receipt = `${++counter}`
        content.parts = size === 0 ? below : [...below, { no: at.no, receipt, size, chunks }]
        return { receipt, size }
      })
    },
    async fork(place, handle, to, size, options) {
      options?.signal?.throwIfAborted()
      const parts = cut(begun(place, handle).parts, size)
      if (total(parts) < size) throw tooShort(total(parts), size)
      const own = `${++counter}`
      begin(to, { handle: own, parts })
      return own
    },
    async seal(place, handle, list, { size, signal }) {
      signal?.throwIfAborted()
      const content = find(place) ?? begun(place, handle)
      if (content.handle === null) {
        if (total(content.parts) !== size) throw tooShort(total(content.parts), size)
        return place
      }
      const parts = cut(content.parts, size)
      if (total(parts) < size) throw tooShort(total(parts), size)
      checkSeal(parts, list, pieces)
      content.parts = parts
      content.handle = null
      return place
    },
    async abandon(place, handle, options) {
      options?.signal?.throwIfAborted()
      const building = contents.get(place)?.handle
      if (typeof building === 'string' && (handle === '' || building === handle)) contents.delete(place)
    },
    async size(place, options) {
      options?.signal?.throwIfAborted()
      const content = find(place)
      return content === undefined ? null : total(content.parts)
    },
    async read(place, range, options) {
      const signal = options?.signal
      signal?.throwIfAborted()
      const content = find(place)
      if (content === undefined) return null
      const size = total(content.parts)
      const { offset, length } = range ?? { offset: 0, length: size }
      if (offset < 0 || length < 0 || offset + length > size)
        throw new RangeError('range outside the content')
      return { size, stream: () => streamOf(content.parts, offset, offset + length, signal) }
    },
    async remove(places, options) {
      options?.signal?.throwIfAborted()
      for (const place of places) if (find(place)) contents.delete(place)
    },
  }
}

async function collect(
  body: Body,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<{ chunks: Uint8Array[]; size: number }> {
  const chunks: Uint8Array[] = []
  let count = 0
  for await (const chunk of intake(body, { size, signal })) {
    chunks.push(chunk.slice())
    count += chunk.length
  }
  return { chunks, size: count }
}

function total(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0)
}

/** The first `size` bytes. A part that reaches beyond is shortened, by which its receipt becomes void. */
function cut(parts: readonly Part[], size: number): Part[] {
  const kept: Part[] = []
  let left = size
  for (const part of parts) {
    if (left <= 0) break
    kept.push(part.size <= left ? part : { ...part, size: left, chunks: [...spans(part.chunks, 0, left)] })
    left -= part.size
  }
  return kept
}

/** The bytes from `start` to `end` of a row of chunks, as views. */
function* spans(chunks: Iterable<Uint8Array>, start: number, end: number): Generator<Uint8Array> {
  let at = 0
  for (const chunk of chunks) {
    if (at >= end) return
    if (at + chunk.length > start)
      yield chunk.subarray(Math.max(0, start - at), Math.min(chunk.length, end - at))
    at += chunk.length
  }
}

const READ_SIZE = 256 * 1024

function streamOf(
  parts: readonly Part[],
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const views = spans(
    parts.flatMap((part) => part.chunks),
    start,
    end,
  )
  let view = new Uint8Array(0) as Uint8Array
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        signal?.throwIfAborted()
        if (view.length === 0) {
          const next = views.next()
          if (next.done) return controller.close()
          view = next.value
        }
        // A copy: whoever reads may transfer or overwrite it.
        controller.enqueue(view.slice(0, READ_SIZE))
        view = view.subarray(READ_SIZE)
      },
    },
    { highWaterMark: 0 },
  )
}

function checkPiece(at: { no: number; size?: number }, rules: PieceRules): void {
  if (rules.sized && at.size === undefined) throw new TypeError('the size of a piece must be known')
  if (at.no < 1 || at.no > rules.count) throw new RangeError(`there are at most ${rules.count} pieces`)
}

function checkSeal(parts: readonly Part[], pieces: readonly Piece[], rules: PieceRules): void {
  const full = pieces.filter((piece) => piece.size > 0)
  const same = parts.every((part, i) => full[i]?.receipt === part.receipt && full[i].size === part.size)
  if (!same || parts.length !== full.length) throw new Error('the pieces are not those that are stored')
  const early = parts.slice(0, -1)
  if (early.some((part) => part.size < rules.min))
    throw new RangeError(`a piece has at least ${rules.min} bytes`)
  if (rules.equal && early.some((part) => part.size !== early[0]?.size)) {
    throw new RangeError('all pieces but the last have one size')
  }
}

function tooShort(actual: number, size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the content has ${actual} bytes, not ${size}`)
}
