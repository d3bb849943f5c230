import type { Fake, Seen } from './fake.ts'

/** Listing, and deleting many. */
export function answerBucket(fake: Fake, seen: Seen): Response {
  return seen.method === 'POST' ? deleteMany(fake, seen) : list(fake, seen)
}

function list({ objects }: Fake, { url }: Seen): Response {
  const query = url.searchParams
  const [prefix, after] = [query.get('prefix') ?? '', query.get('start-after') ?? '']
  const max = Number(query.get('max-keys') ?? 1000)
  // The keys of the driver are ASCII, for which this is bytewise order.
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
  const entries = keys.slice(0, max).map((key) => {
    const size = objects.get(key)?.bytes.length
    return `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${size}</Size></Contents>`
  })
  const more = keys.length > max
  return new Response(
    `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${entries.join('')}</ListBucketResult>`,
  )
}

function deleteMany({ objects }: Fake, { body }: Seen): Response {
  for (const [, key = ''] of new TextDecoder().decode(body).matchAll(/<Key>(.*?)<\/Key>/g))
    objects.delete(key)
  return new Response('<DeleteResult></DeleteResult>')
}
