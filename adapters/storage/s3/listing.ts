/**
 * Keys in order, by the store's own listing.
 * @module
 */

import { checkText, compareKeys } from '../../../src/storage/key.ts'
import type { Client } from './client.ts'
import { keyOfObject, objectPrefix } from './object-key.ts'
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
  let last = inside ? `${objectPrefix(base, after)}!` : ''
  for (let count = 0; count < limit; ) {
    const page = await readPage(client, start, last, Math.min(PAGE, limit - count), signal)
    for (const { object, size } of page.objects) {
      const key = keyOfObject(base, object)
      if (key === null) continue
      yield { key, size }
      signal?.throwIfAborted()
      if (++count >= limit) return
    }
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
