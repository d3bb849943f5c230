/**
 * The newest bytes of a blob on its way into the store, for all who read it meanwhile: each at its own pace, and none
 * of them slows the way. A reader that falls behind waits until the blob is stored, and goes on from there.
 *
 * The last byte is shown when the store has verified the whole: nobody takes wrong bytes for a whole blob.
 * @module
 */

import type { Span } from '../oci/index.ts'

/** The end of a blob that is being stored. */
export interface Window {
  /** The next bytes of the blob. The memory is shared with all readers. */
  push(bytes: Uint8Array): void
  /** The whole is stored and verified. */
  end(): void
  /** Nothing more comes. */
  fail(error: unknown): void
  /** It cannot be stored: who has got nothing yet gets it from somewhere else, the others this error. */
  giveUp(error: unknown): void
  /** Whether a reader from this byte on gets it as it comes. */
  reaches(offset: number): boolean
  /** A part of the blob, as it comes. */
  read(span: Span, sources: Sources): ReadableStream<Uint8Array>
}

/** Where else a part of a blob comes from. */
export interface Sources {
  /** The store, when the blob is stored. */
  stored(part: Span): Promise<ReadableStream<Uint8Array>>
  /** The upstream, when it cannot be stored. */
  elsewhere(part: Span): Promise<ReadableStream<Uint8Array>>
}

/** Bytes that a blob on its way holds in memory at most, beside one chunk. */
const MAX_HELD = 4 * 1024 * 1024
/** What all of them hold in memory, about: many at once hold less each. */
const MAX_HELD_BY_ALL = 64 * 1024 * 1024
/** Chunks that are shorter than this on average count for as much as if they were not. */
const LEAST_CHUNK = 256
/** A blob that is so short stays in memory for those who are still reading it when it is stored. */
const MAX_KEPT = 256 * 1024

interface State {
  readonly size: number
  readonly chunks: { readonly offset: number; readonly bytes: Uint8Array }[]
  /** The first byte that is held. */
  from: number
  /** Behind the last one that has come. */
  to: number
  outcome: 'coming' | 'stored' | 'given up' | 'failed'
  error?: unknown
  /** Resolves when anything changes. */
  change: { readonly promise: Promise<void>; readonly tell: () => void }
}

/** Opens a window for a blob of `size` bytes. */
export type OpenWindow = (size: number) => Window

/** Windows that share the memory for what they hold. */
export function windows(): OpenWindow {
  let open = 0
  const share = (): number => Math.min(MAX_HELD, MAX_HELD_BY_ALL / open)
  return (size) => {
    open++
    return windowOf(size, share, () => {
      open--
    })
  }
}

/**
 * @param size Of the blob, in bytes.
 * @param share Bytes that it may hold now.
 * @param close Is called when nothing more comes.
 */
function windowOf(size: number, share: () => number, close: () => void): Window {
  const state: State = { size, chunks: [], from: 0, to: 0, outcome: 'coming', change: changeToCome() }
  const tell = (): void => {
    const { change } = state
    state.change = changeToCome()
    change.tell()
  }
  const stop = (outcome: 'given up' | 'failed', error: unknown): void => {
    state.outcome = outcome
    state.error = error
    state.chunks.length = 0
    state.from = state.to
    close()
    tell()
  }
  return {
    push(bytes) {
      if (bytes.length === 0) return
      state.chunks.push({ offset: state.to, bytes })
      state.to += bytes.length
      while (isTooMuch(state, share())) drop(state)
      tell()
    },
    end() {
      state.outcome = 'stored'
      if (size > MAX_KEPT) while (state.chunks.length > 0) drop(state)
      close()
      tell()
    },
    fail: (error) => stop('failed', error),
    giveUp: (error) => stop('given up', error),
    reaches: (offset) => state.outcome === 'coming' && offset >= state.from && offset <= state.to,
    read: (span, sources) => readerOf(state, span, sources),
  }
}

/** Whether more is held than these bytes; one chunk never is. */
function isTooMuch({ chunks, from, to }: State, most: number): boolean {
  return chunks.length > 1 && Math.max(to - from, chunks.length * LEAST_CHUNK) > most
}

function drop(state: State): void {
  state.chunks.shift()
  state.from = state.chunks[0]?.offset ?? state.to
}

function readerOf(
  state: State,
  { offset, length }: Span,
  { stored, elsewhere }: Sources,
): ReadableStream<Uint8Array> {
  const end = offset + length
  let at = offset
  let rest: ReadableStreamDefaultReader<Uint8Array> | undefined
  let gone = false
  const next = async (): Promise<Uint8Array | null> => {
    while (!gone && !rest) {
      const isLost = state.outcome === 'failed' || (state.outcome === 'given up' && at > offset)
      if (isLost) throw state.error
      // Not even an empty blob is a whole one before it is verified.
      if (at === end && (length > 0 || state.outcome === 'stored')) return null
      const bytes = heldAt(state, at, end)
      if (bytes) return bytes
      const part = { offset: at, length: end - at }
      if (state.outcome === 'stored') rest = (await stored(part)).getReader()
      else if (state.outcome === 'given up') rest = (await elsewhere(part)).getReader()
      else await state.change.promise
    }
    if (gone) {
      await rest?.cancel().catch(() => {})
      return null
    }
    return (await rest!.read()).value ?? null
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await next()
        if (gone) return
        if (bytes) {
          at += bytes.length
          controller.enqueue(bytes)
        } else if (at === end) controller.close()
        else throw new Error(`a stored blob ended ${end - at} bytes early`)
      },
      async cancel(reason) {
        gone = true
        await rest?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Bytes from `at` on, up to `end`, that may be shown; `null` if there are none. */
function heldAt(state: State, at: number, end: number): Uint8Array | null {
  const shown = state.outcome === 'stored' ? state.to : Math.min(state.to, state.size - 1)
  const last = Math.min(end, shown)
  if (at < state.from || at >= last) return null
  const chunk = chunkAt(state, at)
  return chunk.bytes.subarray(at - chunk.offset, Math.min(chunk.bytes.length, last - chunk.offset))
}

/** By halving: two hundred readers look for their place at each chunk. */
function chunkAt({ chunks }: State, at: number): State['chunks'][number] {
  let [low, high] = [0, chunks.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (chunks[middle]!.offset <= at) low = middle
    else high = middle - 1
  }
  return chunks[low]!
}

function changeToCome(): State['change'] {
  let tell = (): void => {}
  const promise = new Promise<void>((resolve) => {
    tell = resolve
  })
  return { promise, tell }
}
