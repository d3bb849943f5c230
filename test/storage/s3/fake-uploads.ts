import { type Fake, objectOf, refusal, type Seen } from './fake.ts'

let counter = 0

/** Multipart uploads. */
export function answerUpload(fake: Fake, seen: Seen): Response {
  const { method, url, object } = seen
  const id = url.searchParams.get('uploadId')
  if (id === null)
    return method === 'POST' ? create(fake, object) : list(fake, url.searchParams.get('prefix') ?? '')
  const upload = fake.uploads.get(id)
  if (upload?.object !== object) return refusal(404, 'NoSuchUpload')
  if (method === 'DELETE') {
    fake.uploads.delete(id)
    return new Response(null, { status: 204 })
  }
  if (method === 'POST') return complete(fake, id, seen)
  const part = objectOf(seen.body, fake.now)
  upload.parts.set(Number(url.searchParams.get('partNumber')), part)
  return new Response(null, { headers: { etag: part.etag } })
}

function create(fake: Fake, object: string): Response {
  const id = `upload-${++counter}`
  fake.uploads.set(id, { object, parts: new Map() })
  return new Response(`<Result><UploadId>${id}</UploadId></Result>`)
}

function list(fake: Fake, prefix: string): Response {
  const found = [...fake.uploads].filter(([, { object }]) => object.startsWith(prefix))
  const entries = found.map(
    ([id, { object }]) => `<Upload><Key>${object}</Key><UploadId>${id}</UploadId></Upload>`,
  )
  return new Response(`<Result>${entries.join('')}<IsTruncated>false</IsTruncated></Result>`)
}

function complete(fake: Fake, id: string, { object, body }: Seen): Response {
  const wanted = [
    ...new TextDecoder().decode(body).matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g),
  ].map(([, no, etag = '']) => ({ no: Number(no), etag: etag.replaceAll('&#34;', '"') }))
  const stored = fake.uploads.get(id)?.parts
  const parts = wanted.map(({ no, etag }) => {
    const part = stored?.get(no)
    return part?.etag === etag ? part : undefined
  })
  if (parts.includes(undefined)) return refusal(400, 'InvalidPart')
  fake.objects.set(object, objectOf(Buffer.concat(parts.map((part) => part!.bytes)), fake.now))
  fake.uploads.delete(id)
  return new Response('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
}
