/**
 * Strays: bytes that nothing names, and files that are nothing of ours. They are listed and never touched: they may
 * be the bytes of a record that was lost.
 *
 * Bytes are named by an upload session, by links, or by notes of the collector, and when that changes, the next one
 * comes before the last one goes. So contents are listed first, some at a time, and then struck off in that order.
 * @module
 */

import { isAlgorithm } from '../../oci/index.ts'
import type { Call, Contents, Rec, StoredContent } from '../../storage/index.ts'
import { breather } from '../collect/breather.ts'
import { CONTENTS, DAMAGED, LINKS, linkPartPrefix, notePrefix, UPLOADS, undamagedKey } from '../keys.ts'
import { noteContent } from '../notes.ts'
import { isOver } from './catalog.ts'
import { careful } from './judge.ts'
import { fieldsOf } from './manifests.ts'
import { readLinkKey } from './read-key.ts'
import type { Run } from './run.ts'

/** Contents that are held at a time. */
const MAX_HELD = 50_000
/** Shards that are struck off together, of the 512 that there may be. */
const MAX_SHARDS = 64

/** Contents that are looked at together: all of them can be linked only below `links`. */
interface Shard {
  readonly links: string
  readonly held: Map<string, StoredContent>
}

/** Contents that no link names, of some shards. */
interface Unlinked {
  /** Where the first shard begins: strictly after this. */
  readonly after: string
  /** Where the last one ends. */
  last: string
  shards: number
  count: number
  readonly held: Map<string, StoredContent>
}

/**
 * Looks for contents that nothing names.
 * @param after Where to go on: a place.
 * @returns the places up to which all was looked at, as it goes.
 */
export async function* checkContents(
  run: Run,
  contents: ListedContents,
  after: string,
  most: () => number,
): AsyncGenerator<{ place: string; count: number }, void, void> {
  run.tally.counts.contents = 0
  let unlinked = nothing(after)
  for await (const { links, held } of shardsOf(run, contents, after, most)) {
    unlinked.count += held.size
    unlinked.shards++
    unlinked.last = [...held.keys()].at(-1)!
    await strikeOff(run, held, [links])
    for (const [place, content] of held) unlinked.held.set(place, content)
    const { shards, count, last } = unlinked
    if (shards < MAX_SHARDS && unlinked.held.size < MAX_HELD && count < most()) continue
    await judgeUnlinked(run, contents, unlinked)
    yield { place: last, count }
    unlinked = nothing(last)
  }
  if (unlinked.count === 0) return
  await judgeUnlinked(run, contents, unlinked)
  yield { place: unlinked.last, count: unlinked.count }
}

function nothing(after: string): Unlinked {
  return { after, last: after, shards: 0, count: 0, held: new Map() }
}

async function judgeUnlinked(run: Run, contents: ListedContents, unlinked: Unlinked): Promise<void> {
  const { held, count } = unlinked
  run.tally.counts.contents! += count
  await strikeOff(run, held, [UPLOADS, notePrefix('content'), notePrefix('unlinked')])
  await strikeAside(run, held)
  for (const { place, size, partial } of await stillThere(run, contents, unlinked)) {
    const text = `${size} bytes ${partial ? 'of an upload ' : ''}that nothing names`
    run.find({ problem: 'stray-content', text, at: place, outcome: 'found' })
  }
}

/** Contents of a storage that can list them. */
export type ListedContents = Contents & Required<Pick<Contents, 'list'>>

/** Whether a storage can list its contents. */
export function isListed(contents: Contents): contents is ListedContents {
  return contents.list !== undefined
}

/** Tells of files and objects that are nothing of ours. */
export async function checkFiles(run: Run): Promise<void> {
  for await (const at of run.core.storage.foreign?.(run.call) ?? []) {
    const text = 'a file or an object that is neither a record nor a content'
    run.find({ problem: 'stray-file', text, at, outcome: 'found' })
  }
}

async function* shardsOf(
  run: Run,
  contents: ListedContents,
  after: string,
  most: () => number,
): AsyncGenerator<Shard, void, void> {
  let shard: Shard | undefined
  const breathe = breather()
  for await (const content of contents.list(CONTENTS, boundsOf(run, after))) {
    await breathe()
    const links = linksFor(content.place)
    if (shard && (shard.links !== links || shard.held.size >= Math.min(MAX_HELD, most()))) {
      yield shard
      shard = undefined
    }
    shard ??= { links, held: new Map() }
    shard.held.set(content.place, content)
  }
  if (shard) yield shard
}

function boundsOf(run: Run, after: string): Call & { after?: string } {
  return after === '' ? run.call : { ...run.call, after }
}

/** A place that begins with a digest is linked under that digest. */
function linksFor(place: string): string {
  const [algorithm = '', part = '', ...rest] = place.slice(CONTENTS.length).split('/')
  const telling = isAlgorithm(algorithm) && /^[0-9a-f]{2}$/.test(part) && rest.length === 1
  return telling ? linkPartPrefix(algorithm, part) : LINKS
}

/** As long as a record cannot be read, nothing can be said of what it may name: then none is left. */
async function strikeOff(
  run: Run,
  held: Map<string, StoredContent>,
  prefixes: readonly string[],
): Promise<void> {
  for (const prefix of prefixes) {
    if (held.size === 0) return
    const read = await careful(run, prefix, () =>
      eachRecord(run, prefix, (_key, rec) => {
        for (const place of placesIn(rec)) held.delete(place)
      }),
    )
    if (!read) held.clear()
  }
}

async function strikeAside(run: Run, held: Map<string, StoredContent>): Promise<void> {
  if (held.size === 0) return
  const aside = new Map<string, { readonly key: string; readonly rec: Rec }[]>()
  await eachRecord(run, DAMAGED, (key, rec) => {
    for (const place of placesIn(rec))
      if (held.has(place)) aside.set(place, [...(aside.get(place) ?? []), { key, rec }])
  })
  for (const [place, marks] of aside) {
    held.delete(place)
    await letGo(run, place, marks)
  }
}

/** Bytes that were set aside long ago, and that nothing else names, are left to the collector. */
async function letGo(
  run: Run,
  place: string,
  marks: readonly { readonly key: string; readonly rec: Rec }[],
): Promise<void> {
  const digest = readLinkKey(undamagedKey(marks[0]!.key))
  if (digest === null || !marks.every(({ rec }) => isOver(run, rec))) return
  await noteContent(run.core, digest, place, {})
  await run.core.storage.records.drop(marks.map(({ key }) => key))
}

async function eachRecord(run: Run, prefix: string, look: (key: string, rec: Rec) => void): Promise<true> {
  const breathe = breather()
  for await (const { key, rec } of run.core.storage.records.list(prefix, { ...run.call, values: true })) {
    look(key, rec!)
    await breathe()
  }
  return true
}

/** All places that a link, a key of a session or a note names. */
function placesIn(rec: Rec): string[] {
  const { place, sealed, tail } = fieldsOf(rec.value) ?? {}
  const left = typeof tail === 'object' && tail !== null && 'place' in tail ? tail.place : tail
  return [place, sealed, left].filter((each) => typeof each === 'string')
}

/** Those that have not been removed meanwhile. */
async function stillThere(
  run: Run,
  contents: ListedContents,
  { after, last, held }: Unlinked,
): Promise<StoredContent[]> {
  const found: StoredContent[] = []
  if (held.size === 0) return found
  for await (const content of contents.list(CONTENTS, boundsOf(run, after))) {
    if (held.has(content.place)) found.push(content)
    if (content.place === last) break
  }
  return found
}
