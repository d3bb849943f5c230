/**
 * Contents that are made of pieces.
 * @module
 */

import type { Body } from '../../registry.ts'
import type { Contents, Piece } from '../../storage/index.ts'
import type { Scope, StorageTests } from './scope.ts'
import { noise, probe } from './scope.ts'

/** Pieces, their failures and their repetition, forks, and sealing. */
export const pieceTests: StorageTests = {
  'pieces: become one content when sealed': async (scope) => {
    const { contents, expect, expectAbsent, expectContent } = scope
    const bytes = noise(2 * pieceSize(contents) + 12_345)
    const draft = await begin(scope)
    await draft.addAll(bytes)
    await expectAbsent(draft.place)
    const stored = await draft.seal(bytes.length)
    expect(typeof stored).toBe('string')
    await expectContent(stored, bytes)
  },

  'pieces: an empty one': async (scope) => {
    const draft = await begin(scope)
    await draft.add(new Uint8Array(), 0)
    await scope.expectContent(await draft.seal(0), new Uint8Array())
  },

  'pieces: of unknown size': async (scope) => {
    const { contents, expectContent } = scope
    if (contents.pieces.sized) return
    const bytes = noise(pieceSize(contents) + 7)
    const draft = await begin(scope)
    await draft.add(probe(bytes.slice(0, -7)).stream)
    await draft.add(probe(bytes.slice(-7)).stream)
    await expectContent(await draft.seal(bytes.length), bytes)
  },

  'pieces: one of another size than announced is refused': async (scope) => {
    const { contents, expectRejection, expectContent } = scope
    const size = pieceSize(contents)
    const draft = await begin(scope)
    await expectRejection(draft.add(probe(noise(size - 1)).stream, size), 'SIZE_INVALID')
    const long = probe(noise(size + 70_000), 'stall')
    await expectRejection(draft.add(long.stream, size), 'SIZE_INVALID')
    scope.expect(long.cancelled()).toBe(true)
    const bytes = noise(size, 2)
    await draft.add(bytes, size)
    await expectContent(await draft.seal(size), bytes)
  },

  'pieces: one that failed is replaced': async (scope) => {
    const { contents, expectRejection, expectContent } = scope
    const size = pieceSize(contents)
    const bytes = noise(size + 1000, 3)
    const draft = await begin(scope)
    await draft.add(bytes.slice(0, size), size)
    const broken = probe(noise(size - 500, 4), 'fail')
    await expectRejection(draft.add(broken.stream, size))
    await draft.add(bytes.slice(size), 1000)
    await expectContent(await draft.seal(bytes.length), bytes)
  },

  'pieces: one that was stored is replaced by a shorter one': async (scope) => {
    const { contents, expectContent } = scope
    const size = pieceSize(contents)
    const bytes = noise(size + 1000, 5)
    const draft = await begin(scope)
    await draft.add(bytes.slice(0, size), size)
    await draft.add(noise(size, 6), size)
    draft.forget()
    await draft.add(bytes.slice(size), 1000)
    await expectContent(await draft.seal(bytes.length), bytes)
  },

  'pieces: an abort in the middle cancels the body and harms nothing': async (scope) => {
    const { contents, expect, expectRejection, expectContent } = scope
    const size = pieceSize(contents)
    const bytes = noise(size + 1000, 7)
    const draft = await begin(scope)
    await draft.add(bytes.slice(0, size), size)
    const body = probe(noise(size - 500, 8), 'stall')
    const controller = new AbortController()
    const rejected = expectRejection(draft.add(body.stream, size, controller.signal))
    await body.exhausted
    controller.abort()
    await rejected
    expect(body.cancelled()).toBe(true)
    await draft.add(bytes.slice(size), 1000)
    await expectContent(await draft.seal(bytes.length), bytes)
  },

  'pieces: two writers at one place spare what was stored before': async (scope) => {
    const { contents, expectRejection, expectContent } = scope
    const size = pieceSize(contents)
    const bytes = noise(2 * size, 9)
    const draft = await begin(scope)
    await draft.add(bytes.slice(0, size), size)
    const controller = new AbortController()
    const stalled = probe(noise(size - 1, 10), 'stall')
    const rejected = expectRejection(draft.add(stalled.stream, size, controller.signal))
    await stalled.exhausted
    const piece = await draft.add(bytes.slice(size), size)
    controller.abort()
    await rejected
    const stored = await draft.seal(2 * size, [draft.pieces[0]!, piece])
    const start = await contents.read(stored, { offset: 0, length: size })
    const again = await contents.write(scope.place(), start!.stream(), { size })
    await expectContent(again, bytes.slice(0, size))
  },

  'fork: a private copy for another writer': async (scope) => {
    const { contents, place, expectAbsent, expectContent, expectRejection } = scope
    if (contents.fork === undefined) return
    const size = pieceSize(contents)
    const [base, ours, theirs] = [noise(size, 11), noise(999, 12), noise(888, 13)]
    const draft = await begin(scope)
    await draft.add(base, size)
    const stalled = probe(noise(size - 1, 14), 'stall')
    const controller = new AbortController()
    const rejected = expectRejection(draft.add(stalled.stream, size, controller.signal))
    await stalled.exhausted
    const to = place()
    const copy = draftOf(scope, to, await contents.fork(draft.place, draft.handle, to, size), draft.pieces)
    await expectAbsent(to)
    await copy.add(ours, ours.length)
    controller.abort()
    await rejected
    await draft.add(theirs, theirs.length)
    await expectContent(await copy.seal(size + ours.length), join(base, ours))
    await expectContent(await draft.seal(size + theirs.length), join(base, theirs))
  },

  'seal: repeating it succeeds': async (scope) => {
    const { contents, expect, expectContent, expectRejection } = scope
    const bytes = noise(pieceSize(contents) + 10, 15)
    const draft = await begin(scope)
    await draft.addAll(bytes)
    const stored = await draft.seal(bytes.length)
    expect(await draft.seal(bytes.length)).toBe(stored)
    await expectRejection(draft.seal(bytes.length + 1), 'SIZE_INVALID')
    await expectContent(stored, bytes)
  },

  'seal: a piece that another writer replaced is refused': async (scope) => {
    const { contents, expectAbsent, expectRejection } = scope
    // Where a piece is found by its offset, a copy keeps other writers away.
    if (lossOf(contents) === undefined) return
    const draft = await begin(scope)
    await draft.add(noise(1000, 16), 1000)
    const other = draftOf(scope, draft.place, draft.handle, [])
    await other.add(noise(1000, 17), 1000)
    await expectRejection(draft.seal(1000), 'BLOB_UPLOAD_INVALID')
    await expectAbsent(draft.place)
  },

  'seal: fewer bytes than promised are refused': async (scope) => {
    const draft = await begin(scope)
    await draft.add(noise(1000), 1000)
    await scope.expectRejection(draft.seal(1001), 'SIZE_INVALID')
    await scope.expectAbsent(draft.place)
  },

  'abandon: removes what was begun, not what was sealed': async (scope) => {
    const { contents, place, expectAbsent, expectContent, expectRejection } = scope
    const draft = await begin(scope)
    await draft.add(noise(1000), 1000)
    await contents.abandon(draft.place, draft.handle)
    await expectAbsent(draft.place)
    await contents.abandon(draft.place, draft.handle)
    await contents.abandon(place(), draft.handle)
    await expectRejection(draft.add(noise(10), 10), lossOf(contents))
    await expectRejection(draft.seal(1000), lossOf(contents))
    const sealed = await begin(scope)
    await sealed.add(noise(1000), 1000)
    const stored = await sealed.seal(1000)
    await contents.abandon(sealed.place, sealed.handle)
    await expectContent(stored, noise(1000))
  },
}

/** Content in the making, with what its maker has to remember. */
interface Draft {
  readonly place: string
  readonly handle: string
  readonly pieces: Piece[]
  /** Adds the next piece. */
  add(body: Body, size?: number, signal?: AbortSignal): Promise<Piece>
  /** Adds bytes, cut as the driver wants them. */
  addAll(bytes: Uint8Array): Promise<void>
  /** Takes the last piece back, so that it is written again. */
  forget(): void
  seal(size: number, pieces?: readonly Piece[]): Promise<string>
}

async function begin(scope: Scope): Promise<Draft> {
  const place = scope.place()
  return draftOf(scope, place, await scope.contents.open(place), [])
}

function draftOf({ contents }: Scope, place: string, handle: string, before: readonly Piece[]): Draft {
  const pieces = [...before]
  return {
    place,
    handle,
    pieces,
    async add(body, size, signal) {
      const no = pieces.length + 1
      const offset = pieces.reduce((sum, piece) => sum + piece.size, 0)
      const at = size === undefined ? { no, offset } : { no, offset, size }
      const stored = await contents.piece(place, handle, at, body, signal ? { signal } : {})
      const piece = { no, ...stored }
      pieces.push(piece)
      return piece
    },
    async addAll(bytes) {
      const size = pieceSize(contents)
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.slice(at, at + size)
        await this.add(part, part.length)
      }
    },
    forget() {
      pieces.pop()
    },
    seal: (size, list = pieces) => contents.seal(place, handle, list, { size }),
  }
}

/** What a driver says when pieces are gone; undefined if it may say anything, since it takes them of any size. */
function lossOf({ pieces: { min, max, equal, sized } }: Contents): string | undefined {
  const limits = min > 1 || max < Number.POSITIVE_INFINITY || equal || sized
  return limits ? 'BLOB_UPLOAD_INVALID' : undefined
}

/** A size that the driver takes for every piece. */
function pieceSize({ pieces }: Contents): number {
  return Math.min(Math.max(pieces.min, 300_000), pieces.max)
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
