/**
 * A Worker that stores the bytes of pushes as a registry does, each layer in parts of the same size, and nothing
 * else: no digests, no sessions, no records beside the bytes but where they are, no checks. What R2 itself costs.
 */

import type { R2Bucket } from '../../../adapters/storage/r2/index.ts'

/** As long as the parts of a registry whose client does not say how much will come. */
const PART = 8 * 1024 * 1024

interface Env {
  readonly BUCKET: R2Bucket
}

/** Cloudflare's reader that fills what it is given. */
interface FillingReader {
  readAtLeast(
    least: number,
    view: Uint8Array<ArrayBuffer>,
  ): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> }>
}

type Handler = (bucket: R2Bucket, request: Request, url: URL) => Promise<Response>

const routes: readonly (readonly [method: string, path: RegExp, handler: Handler])[] = [
  ['GET', /^\/v2\/$/, async () => new Response()],
  ['POST', /\/blobs\/uploads\/$/, async () => located(202, crypto.randomUUID())],
  ['PUT', /\/blobs\/uploads\//, finish],
  ['PATCH', /\/blobs\/uploads\//, append],
  ['GET', /\/blobs\//, async (bucket, _, { pathname }) => stored(bucket, pathname)],
  ['PUT', /\/manifests\//, tag],
  ['GET', /\/manifests\//, async (bucket, _, { pathname }) => stored(bucket, await named(bucket, pathname))],
]

export default {
  async fetch(request: Request, { BUCKET }: Env): Promise<Response> {
    const url = new URL(request.url)
    const route = routes.find(([method, path]) => method === request.method && path.test(url.pathname))
    return route ? route[2](BUCKET, request, url) : new Response(null, { status: 404 })
  },
}

/** With a body: stores it under the digest. Without: notes where the bytes are that came before. */
async function finish(bucket: R2Bucket, request: Request, url: URL): Promise<Response> {
  const path = url.pathname.replace(/uploads\/.*/, url.searchParams.get('digest')!)
  const empty = !request.body || request.headers.get('content-length') === '0'
  await bucket.put(path, empty ? new TextEncoder().encode(url.pathname) : request.body)
  return located(201, path)
}

/** Stores a body whose length nobody knows. */
async function append(bucket: R2Bucket, request: Request, { pathname }: URL): Promise<Response> {
  const upload = await bucket.createMultipartUpload(pathname)
  const reader = request.body!.getReader({ mode: 'byob' }) as unknown as FillingReader
  const parts = []
  for (let ended = false; !ended; ) {
    const { done, value } = await reader.readAtLeast(PART, new Uint8Array(PART))
    if (value && value.length > 0) parts.push(await upload.uploadPart(parts.length + 1, value))
    ended = done || (value?.length ?? 0) < PART
  }
  await upload.complete(parts)
  return located(202, pathname)
}

/** Two objects, as a registry has: the tag names the manifest. */
async function tag(bucket: R2Bucket, request: Request, { pathname }: URL): Promise<Response> {
  const place = crypto.randomUUID()
  await bucket.put(place, new Uint8Array(await request.arrayBuffer()))
  await bucket.put(pathname, new TextEncoder().encode(place))
  return located(201, pathname)
}

async function named(bucket: R2Bucket, key: string): Promise<string> {
  return new TextDecoder().decode(await (await bucket.get(key))?.arrayBuffer())
}

async function stored(bucket: R2Bucket, key: string): Promise<Response> {
  const object = await bucket.get(key)
  return object ? new Response(object.body) : new Response(null, { status: 404 })
}

function located(status: number, location: string): Response {
  return new Response(null, { status, headers: { location } })
}
