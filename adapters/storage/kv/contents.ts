/**
 * Contents as lists of runs.
 *
 * The head of a place says what lies there: something that is being built, or the runs of a content. It is written
 * last, in one step, so that nothing is readable before it is whole. Every run has a name that is never used again.
 * @module
 */

import { RegistryError } from '../../../src/oci/index.ts'
import type { Contents, Piece, Records } from '../../../src/storage/contract.ts'
import { withBody } from '../../../src/storage/intake.ts'
import { checkKey } from '../../../src/storage/key.ts'
import type { Run, Runs } from './face.ts'
import { runStream } from './run-stream.ts'

/** What lies at a place: being built while it has a handle. */
type Head = { readonly handle: string } | Sealed

interface Sealed {
  readonly size: number
  readonly runs: readonly Run[]
}

/** What contents stand on. */
export interface Ground {
  readonly heads: Records
  /**
   * The receipt of the newest piece of each number. Absent where a read may be stale: then nobody notices that
   * what was being built is gone, or that a piece was replaced, and what is sealed is what the receipts name.
   */
  readonly pieces?: Records
  readonly runs: Runs
  readonly maxKey: number
}

/** Contents over a store. */
export function keyValueContents({ heads, pieces, runs, maxKey }: Ground): Contents {
  const rules = runs.pieces
  const check = (place: string, signal: AbortSignal | undefined): void => {
    signal?.throwIfAborted()
    checkKey(place, maxKey)
  }
  const headOf = async (place: string): Promise<{ head: Head; version: string } | null> => {
    const rec = await heads.get(place)
    return rec && { head: decode(rec.value), version: rec.version }
  }
  const sealedAt = async (place: string): Promise<Sealed | null> => {
    const found = await headOf(place)
    return found && 'runs' in found.head ? found.head : null
  }
  const create = async (place: string, head: Head): Promise<void> => {
    // A place is used once, so where a look at it may be stale, it is not worth its price.
    const version = pieces ? await heads.create(place, encode(head)) : await heads.put(place, encode(head))
    if (version === null) throw new Error(`the place ${place} is taken`)
  }
  /** What is being built with this handle, where that can be told. */
  const requireBegun = async (place: string, handle: string): Promise<string | undefined> => {
    if (!pieces) return undefined
    const found = await headOf(place)
    if (found && 'handle' in found.head && found.head.handle === handle) return found.version
    if (found && 'runs' in found.head) throw new Error(`the content at ${place} is sealed`)
    throw new RegistryError('BLOB_UPLOAD_INVALID', `what was being built at ${place} is gone`)
  }
  const pieceKeys = async (place: string): Promise<Map<string, string>> => {
    const found = new Map<string, string>()
    if (!pieces) return found
    for await (const { key, rec } of pieces.list(`${place}/`, { values: true }))
      if (/^\d{5}$/.test(key.slice(place.length + 1))) found.set(key, new TextDecoder().decode(rec!.value))
    return found
  }
  const store = async (
    place: string,
    body: Parameters<Contents['write']>[1],
    size: number | undefined,
    signal: AbortSignal | undefined,
    then: (run: Run) => Promise<void>,
  ): Promise<Run> => {
    const receipt = newReceipt()
    const run = { receipt, size: await runs.write(place, receipt, body, size, signal) }
    try {
      await then(run)
    } catch (error) {
      await runs.remove(place, [run]).catch(() => {})
      throw error
    }
    return run
  }

  return {
    pieces: rules,
    verifies: [],
    write(place, body, { size, signal }) {
      return withBody(body, async () => {
        check(place, signal)
        if (size > runs.max) throw new RangeError(`one shot has at most ${runs.max} bytes`)
        await store(place, body, size, signal, (run) =>
          create(place, { size, runs: size === 0 ? [] : [run] }),
        )
        return place
      })
    },
    async open(place, options) {
      check(place, options?.signal)
      const handle = newReceipt()
      if (pieces) await create(place, { handle })
      return handle
    },
    piece(place, handle, at, body, options) {
      return withBody(body, async () => {
        check(place, options?.signal)
        const { no, size = body instanceof Uint8Array ? body.length : undefined } = at
        if (no < 1 || no > rules.count) throw new RangeError(`there are at most ${rules.count} pieces`)
        if (size !== undefined && size > rules.max)
          throw new RangeError(`a piece has at most ${rules.max} bytes`)
        if (rules.sized && size === undefined) throw new TypeError('the size of a piece must be known')
        await requireBegun(place, handle)
        return store(place, body, size, options?.signal, async ({ receipt }) => {
          await pieces?.put(`${place}/${String(no).padStart(5, '0')}`, new TextEncoder().encode(receipt))
        })
      })
    },
    async seal(place, handle, list, { size, signal }) {
      check(place, signal)
      const sealed = await sealedAt(place)
      if (sealed) {
        if (sealed.size !== size) throw wrongSize(sealed.size, size)
        return place
      }
      const version = await requireBegun(place, handle)
      const given = list.reduce((sum, piece) => sum + piece.size, 0)
      if (given !== size) throw wrongSize(given, size)
      const stored = await pieceKeys(place)
      if (pieces && list.some((piece) => !isStored(stored, place, piece))) throw replaced()
      const full = list.filter((piece) => piece.size > 0)
      const head = encode({ size, runs: full.map((piece) => ({ receipt: piece.receipt, size: piece.size })) })
      const written = await heads.put(place, head, version === undefined ? {} : { version })
      // Another call was faster, with the same pieces or not at all.
      if (written === null && (await sealedAt(place))?.size !== size) throw replaced()
      await pieces?.drop([...stored.keys()])
      return place
    },
    async abandon(place, handle, options) {
      check(place, options?.signal)
      const found = await headOf(place)
      if (found && 'runs' in found.head) return
      if (pieces && found) {
        const current = 'handle' in found.head ? found.head.handle : undefined
        if (handle !== '' && current !== handle) return
        if (!(await heads.remove(place, found.version))) return
      }
      await pieces?.drop([...(await pieceKeys(place)).keys()])
      await runs.clear(place)
    },
    async size(place, options) {
      check(place, options?.signal)
      return (await sealedAt(place))?.size ?? null
    },
    async read(place, range, options) {
      const signal = options?.signal
      check(place, signal)
      const content = await sealedAt(place)
      if (!content) return null
      const { offset, length } = range ?? { offset: 0, length: content.size }
      if (offset < 0 || length < 0 || offset + length > content.size)
        throw new RangeError('range outside the content')
      const stream = () => runStream(runs, place, content.runs, offset, offset + length, signal)
      return { size: content.size, stream }
    },
    ...(pieces && {
      async *list(prefix, options = {}) {
        for await (const { key, rec } of heads.list(prefix, { ...options, values: true })) {
          const head = decode(rec!.value)
          const size = 'runs' in head ? head.size : 0
          yield { place: key, size, partial: 'handle' in head }
        }
      },
    }),
    async remove(places, options) {
      for (const place of places) check(place, options?.signal)
      for (const place of places) {
        options?.signal?.throwIfAborted()
        const found = await headOf(place)
        if (found && 'handle' in found.head) continue
        await heads.drop([place])
        if (found && 'runs' in found.head) await runs.remove(place, found.head.runs)
        await runs.clear(place)
      }
    },
  }
}

function encode(head: Head): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(head))
}

function decode(value: Uint8Array): Head {
  return JSON.parse(new TextDecoder().decode(value)) as Head
}

/** Eight characters, as it stands in every list of pieces. */
function newReceipt(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6))
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
}

function isStored(stored: ReadonlyMap<string, string>, place: string, { no, receipt }: Piece): boolean {
  return stored.get(`${place}/${String(no).padStart(5, '0')}`) === receipt
}

function replaced(): RegistryError {
  return new RegistryError('BLOB_UPLOAD_INVALID', 'the pieces are not those that are stored')
}

function wrongSize(actual: number, size: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `the content has ${actual} bytes, not ${size}`)
}
