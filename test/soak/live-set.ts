/**
 * What is left when everybody has ended and collectors had all the time they need: what lives, and nothing else.
 * @module
 */

import type { Link } from '../../src/engine/links.ts'
import { decode } from '../../src/engine/record.ts'
import type { Storage } from '../../src/storage/index.ts'

/** What a storage holds. */
export interface Stored {
  /** Sessions and notes: work of collectors. */
  readonly left: readonly string[]
  /** As `repository digest`. */
  readonly manifests: readonly string[]
  /** Places by `repository digest`. */
  readonly links: Readonly<Record<string, string>>
  readonly contents: readonly string[]
}

/** Sessions and notes that a collector would still work off. */
export async function leftToDo({ records }: Storage): Promise<string[]> {
  const left: string[] = []
  for (const prefix of ['uploads/', 'gc/refs/', 'gc/content/', 'gc/unlinked/']) {
    for await (const { key } of records.list(prefix)) left.push(key)
  }
  return left
}

/** Looks at everything. */
export async function storedIn(storage: Storage): Promise<Stored> {
  const { records, contents } = storage
  const links: Record<string, string> = {}
  for await (const { key, rec } of records.list('blobs/', { values: true })) {
    const { repo, place } = decode<Link>(rec!.value)
    links[`${repo} sha256:${key.split('/')[3]!.split('.')[0]}`] = place
  }
  const manifests: string[] = []
  for await (const { key } of records.list('repositories/')) {
    const [, repo, hex] = /^repositories\/(.*)\/_manifests\/sha256\/(.*)$/.exec(key) ?? []
    if (repo !== undefined) manifests.push(`${repo} sha256:${hex}`)
  }
  const places: string[] = []
  for await (const { place } of contents.list!('content/')) places.push(place)
  return { left: await leftToDo(storage), manifests, links, contents: places }
}

/** A manifest that lives. */
interface Living {
  readonly repo: string
  readonly digest: string
  readonly blobs: readonly string[]
}

/** How what is stored differs from what lives. */
export function differences({ left, manifests, links, contents }: Stored, live: readonly Living[]): string[] {
  const needed = live.flatMap(({ repo, blobs }) => blobs.map((blob) => `${repo} ${blob}`))
  return [
    ...differ('work', left, []),
    ...differ(
      'manifest',
      manifests,
      live.map(({ repo, digest }) => `${repo} ${digest}`),
    ),
    ...differ('link', Object.keys(links), needed),
    ...differ('content', contents, Object.values(links)),
  ]
}

function differ(what: string, is: readonly string[], should: readonly string[]): string[] {
  const [there, wanted] = [new Set(is), new Set(should)]
  return [
    ...[...there].filter((each) => !wanted.has(each)).map((each) => `${what} is left: ${each}`),
    ...[...wanted].filter((each) => !there.has(each)).map((each) => `${what} is missing: ${each}`),
  ]
}
