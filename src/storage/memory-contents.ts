/**
 * Contents in memory.
 * @module
 */

import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { type Digest, RegistryError } from '../oci/index.ts'
import type { Contents, PieceRules } from './contract.ts'
import { withBody } from './intake.ts'
import { compareKeys } from './key.ts'
import { collect, type Part, streamOf, total } from './memory-chunks.ts'
import { type Assembly, tooShort } from './memory-pieces.ts'

/** What lies at a place: being built while it has a handle, readable once that is `null`. */
interface Content {
  handle: string | null
  parts: readonly Part[]
}

/** What a store of contents is like. */
export interface MemoryContents {
  readonly pieces: PieceRules
  readonly assembly: Assembly
  readonly verifies: readonly string[]
  /** Whether it can copy what is being built. */
  readonly fork: boolean
}

/** Contents that last as long as the process. */
export function memoryContents({ pieces, assembly, verifies, fork }: MemoryContents): Contents {
  const contents = new Map<string, Content>()
  let counter = 0

  const begun = (place: string, handle: string): Content => {
    const content = contents.get(place)
    if (content?.handle !== handle) throw assembly.absent(place)
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

  const faces: Contents = {
    pieces,
    verifies,
    write(place, body, { size, digest, signal }) {
      return withBody(body, async () => {
        signal?.throwIfAborted()
        if (contents.has(place)) throw new Error(`the place ${place} is taken`)
        if (size > pieces.max) throw new RangeError(`one shot has at most ${pieces.max} bytes`)
        const { chunks } = await collect(body, size, signal)
        if (digest !== undefined && verifies.includes(digest.slice(0, 6))) verify(chunks, digest)
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
        assembly.check(at)
        begun(place, handle)
        const { chunks, size } = await collect(body, at.size, options?.signal)
        const content = begun(place, handle)
        const receipt = `${++counter}`
        content.parts = assembly.add(content.parts, at.offset, { no: at.no, receipt, size, chunks })
        return { receipt, size }
      })
    },
    async seal(place, handle, list, { size, signal }) {
      signal?.throwIfAborted()
      const content = find(place) ?? begun(place, handle)
      if (content.handle === null) {
        if (total(content.parts) !== size) throw tooShort(total(content.parts), size)
        return place
      }
      content.parts = assembly.seal(content.parts, list, size)
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
    async *list(prefix, { after = '', signal } = {}) {
      const places = [...contents.keys()].filter((place) => place.startsWith(prefix))
      for (const place of places.sort(compareKeys)) {
        signal?.throwIfAborted()
        const content = contents.get(place)
        if (!content || compareKeys(place, after) <= 0) continue
        yield { place, size: total(content.parts), partial: content.handle !== null }
      }
    },
  }
  if (!fork) return faces
  return {
    ...faces,
    async fork(place, handle, to, size, options) {
      options?.signal?.throwIfAborted()
      const own = `${++counter}`
      begin(to, { handle: own, parts: assembly.fork(begun(place, handle).parts, size) })
      return own
    },
  }
}

function verify(chunks: readonly Uint8Array[], digest: Digest): void {
  const hash = (digest.startsWith('sha512:') ? sha512 : sha256).create()
  for (const chunk of chunks) hash.update(chunk)
  const found = `${digest.slice(0, 7)}${bytesToHex(hash.digest())}`
  if (found === digest) return
  throw new RegistryError('DIGEST_INVALID', 'the content does not have this digest', {
    detail: { expected: digest, found },
  })
}
