/**
 * Keys in order, by the store's own listing.
 * @module
 */

import type { StoredContent } from '../../../src/storage/contract.ts'
import { checkText, compareKeys } from '../../../src/storage/key.ts'
import type { Client } from './client.ts'
import { keyOfObject, objectPrefix, placeOfObject, placePrefix } from './object-key.ts'
import type { Listed } from './records.ts'
import { elementsOf, textOf } from './xml.ts'

/** Most keys of one ListObjectsV2 (S3 API reference). */
const PAGE = 1000

const text = new TextDecoder()

/** The keys below `base` that begin with `prefix`, bytewise ascending. A page is asked for when it is needed. */
export async function* listObjects(
  client: Client,
  base: string,
  prefix: string,
  options: { after?: string; limit?: number; signal?: AbortSignal },
): AsyncGenerator<Listed, void, void> {
  const { after = '', limit = Number.POSITIVE_INFINITY, signal } = options
  signal?.throwIfAborted()
  checkText(after)
  const start = objectPrefix(base, prefix)
  // Some stores give nothing at all for a beginning that is not below the prefix.
  const inside = after.startsWith(prefix) && after !== ''
  if (!inside && compareKeys(after, prefix) > 0) return
  const last = inside ? `${objectPrefix(base, after)}!` : ''
  if (limit <= 0) return
  let count = 0
  const most = (): number => limit - count
  for await (const { object, size } of objectsFrom(client, start, { after: last, most, signal })) {
    const key = keyOfObject(base, object)
    if (key === null) continue
    yield { key, size }
    signal?.throwIfAborted()
    if (++count >= limit) return
  }
}

/** The contents below `base` whose places begin with `prefix`, bytewise ascending. */
export async function* listContents(
  client: Client,
  base: string,
  prefix: string,
  { after = '', signal }: { after?: string; signal?: AbortSignal },
): AsyncGenerator<StoredContent, void, void> {
  signal?.throwIfAborted()
  if (!prefix.endsWith('/')) throw new TypeError('the prefix of a place ends in a slash')
  const start = placePrefix(base, prefix)
  if (!after.startsWith(prefix) && compareKeys(after, prefix) > 0) return
  const last = after.startsWith(prefix) ? placePrefix(base, after) : ''
  for await (const { object, size } of objectsFrom(client, start, { after: last, signal })) {
    const place = placeOfObject(base, object)
    if (place?.startsWith(prefix)) yield { place, size, partial: false }
  }
}

/** Objects below `base` whose keys say nothing to us. */
export async function* listForeign(
  client: Client,
  base: string,
  meaningOf: (base: string, object: string) => string | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, void> {
  for await (const { object } of objectsFrom(client, base, { signal })) {
    if (meaningOf(base, object) === null) yield object
  }
}

interface Listing {
  readonly after?: string
  /** Most that the caller still takes. */
  readonly most?: () => number
  readonly signal: AbortSignal | undefined
}

async function* objectsFrom(
  client: Client,
  start: string,
  { after = '', most = () => PAGE, signal }: Listing,
): AsyncGenerator<Page['objects'][number], void, void> {
  for (let last = after; ; ) {
    const page = await readPage(client, start, last, Math.min(PAGE, most()), signal)
    yield* page.objects
    const end = page.objects.at(-1)?.object
    if (!page.more || end === undefined) return
    last = end
  }
}

interface Page {
  readonly objects: readonly { readonly object: string; readonly size: number }[]
  readonly more: boolean
}

async function readPage(
  client: Client,
  prefix: string,
  after: string,
  count: number,
  signal: AbortSignal | undefined,
): Promise<Page> {
  const query = {
    'list-type': '2',
    'encoding-type': 'url',
    'max-keys': `${count}`,
    prefix,
    ...(after !== '' && { 'start-after': after }),
  }
  const { body } = await client.read({ method: 'GET', query, signal })
  const xml = text.decode(body)
  const encoded = textOf(xml, 'EncodingType') === 'url'
  const objects = elementsOf(xml, 'Contents').map((entry) => {
    const key = textOf(entry, 'Key') ?? ''
    return { object: encoded ? decoded(key) : key, size: Number(textOf(entry, 'Size')) }
  })
  return { objects, more: textOf(xml, 'IsTruncated') === 'true' }
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return key
  }
}
