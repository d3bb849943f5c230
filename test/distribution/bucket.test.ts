/** What distribution keeps in a bucket, of which a store tells a page at a time. */

import { expect, test } from 'vitest'
import { distributionBucket, S3Error } from '../../adapters/storage/s3/index.ts'
import { all } from '../../src/testing/registry/scope.ts'

const TAGS = Array.from({ length: 25 }, (_, no) => `v${no}`)
const PAGE = 10

/** Answers lists of tags by pages, with what the store wants to hear for the next one. */
function store() {
  const asked: URL[] = []
  const fetch = async (text: string) => {
    const url = new URL(text)
    asked.push(url)
    const from = Number(url.searchParams.get('continuation-token') ?? 0)
    const prefix = url.searchParams.get('prefix')!
    const names = prefix === 'kept/docker/registry/v2/repositories/a/_manifests/tags/' ? TAGS : []
    const page = names.slice(from, from + PAGE)
    const more = from + PAGE < names.length
    const folders = page.map(
      (name) =>
        `<CommonPrefixes><Prefix>${encodeURIComponent(`${prefix}${name}/`)}</Prefix></CommonPrefixes>`,
    )
    const next = more ? `<NextContinuationToken>${from + PAGE}</NextContinuationToken>` : ''
    const body = `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${folders.join('')}</ListBucketResult>`
    return new Response(body)
  }
  return { asked, fetch }
}

const lengthOf = (bytes: number) => ({ 'content-length': String(bytes) })

const credentials = { accessKeyId: 'id', secretAccessKey: 'key' }

test('a list of many pages is read to its end', async () => {
  const { asked, fetch } = store()
  const registry = distributionBucket({ bucket: 'images', prefix: 'kept', credentials, fetch })
  expect(await all(registry.tags('a'))).toEqual([...TAGS].sort())
  expect(asked.map((url) => url.searchParams.get('continuation-token'))).toEqual([null, '10', '20'])
  expect(asked.every((url) => url.searchParams.get('delimiter') === '/')).toBe(true)
  expect(await registry.isThere()).toBe(false)
})

/** Something to wait for. */
function gate() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

test('who leaves while a blob is being opened leaves no answer open', async () => {
  const digest = `sha256:${'a'.repeat(64)}` as const
  const [asked, answered] = [gate(), gate()]
  let isLeft = false
  const body = new ReadableStream<Uint8Array>({
    cancel() {
      isLeft = true
    },
  })
  const fetch = async (text: string, { method }: RequestInit = {}) => {
    if (new URL(text).pathname.endsWith('/link')) return new Response(digest, { headers: lengthOf(71) })
    if (method === 'HEAD') return new Response(null, { headers: lengthOf(9) })
    asked.open()
    await answered.opened
    return new Response(body, { headers: lengthOf(9) })
  }
  const registry = distributionBucket({ bucket: 'images', credentials, fetch })
  const content = await registry.getBlob('a', digest)
  const reader = content.stream().getReader()
  const reading = reader.read()
  await asked.opened
  const leaving = reader.cancel()
  answered.open()
  await Promise.all([reading, leaving])
  expect(isLeft).toBe(true)
})

test('options that cannot be are told at once', () => {
  expect(() => distributionBucket({ bucket: 'no bucket', credentials })).toThrow(S3Error)
})
