import * as check from './check.ts'
import type { Content, Manifest } from './data.ts'
import type { Target } from './target.ts'

/** An answer that has been read to its end. */
export interface Answer {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** What is sent beside method and URL. */
export interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Send the body in chunked framing, without a Content-Length. */
  readonly stream?: boolean
  /** Absent: redirects are followed. */
  readonly redirect?: 'manual'
}

const LIMIT_MS = 20_000
/** What is asked for wherever a row does not ask for something else. */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
const WITH_BODY = ['POST', 'PUT', 'PATCH']

/** Sends a request and reads the answer. `where` is a path or a URL. */
export async function send(target: Target, method: string, where: string, sent: Sent = {}): Promise<Answer> {
  const url = new URL(where, target.url).href
  const headers = new Headers(sent.headers)
  const length = sent.body?.length ?? (WITH_BODY.includes(method) ? 0 : undefined)
  const streamed = sent.stream === true && sent.body !== undefined
  if (url.includes('/manifests/') && !headers.has('accept')) headers.set('accept', MANIFESTS)
  // A network client sends the length by itself; a handler in this process sees only what is written here.
  if (length !== undefined && !streamed) headers.set('content-length', String(length))
  const init: RequestInit & { duplex?: 'half' } = { method, headers, signal: AbortSignal.timeout(LIMIT_MS) }
  if (sent.redirect) init.redirect = sent.redirect
  if (streamed) Object.assign(init, { body: streamOf(sent.body!), duplex: 'half' })
  else if (sent.body !== undefined) init.body = sent.body as Uint8Array<ArrayBuffer>
  const response = await target.fetch(new Request(url, init))
  const body = new Uint8Array(await response.arrayBuffer())
  return { method, url, status: response.status, headers: response.headers, body }
}

/** The same bytes in several pieces. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const piece = Math.max(1, Math.ceil(bytes.length / 3))
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + piece))
      at += piece
    },
  })
}

export const blobAt = (repo: string, digest: string): string => `/v2/${repo}/blobs/${digest}`
export const manifestAt = (repo: string, reference: string): string => `/v2/${repo}/manifests/${reference}`
export const tagsAt = (repo: string): string => `/v2/${repo}/tags/list`
export const referrersAt = (repo: string, digest: string): string => `/v2/${repo}/referrers/${digest}`
export const uploadsAt = (repo: string): string => `/v2/${repo}/blobs/uploads/`

/** The Location of an answer as a URL. */
export function locationOf(answer: Answer): string {
  return new URL(check.header(answer, 'location'), answer.url).href
}

/** Adds a query to a URL that may have one, which stays as it is. */
export function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return url + (url.includes('?') ? '&' : '?') + text.join('&')
}

/** Begins an upload: 202 and where it goes on. */
export async function startUpload(
  target: Target,
  repo: string,
  query = '',
): Promise<{ url: string; answer: Answer }> {
  const answer = await send(target, 'POST', uploadsAt(repo) + query)
  check.status(answer, 202)
  return { url: locationOf(answer), answer }
}

/** Sends one chunk, without looking at the answer. */
export function patch(target: Target, url: string, chunk: Uint8Array, first: number): Promise<Answer> {
  return send(target, 'PATCH', url, {
    headers: {
      'content-type': 'application/octet-stream',
      'content-range': `${first}-${first + chunk.length - 1}`,
    },
    body: chunk,
  })
}

/** Sends a chunk that must be taken; returns where the upload goes on. */
export async function patched(
  target: Target,
  url: string,
  chunk: Uint8Array,
  first: number,
): Promise<string> {
  const answer = await patch(target, url, chunk, first)
  check.status(answer, 202)
  check.header(answer, 'range', `0-${first + chunk.length - 1}`)
  return locationOf(answer)
}

/** Ends an upload, without looking at the answer. */
export function finish(target: Target, url: string, digest: string, body?: Uint8Array): Promise<Answer> {
  const sent: Sent = { headers: { 'content-type': 'application/octet-stream' } }
  return send(target, 'PUT', withQuery(url, { digest }), body === undefined ? sent : { ...sent, body })
}

/** Pushes a blob in the usual way: POST, then PUT with the bytes. */
export async function pushBlob(target: Target, repo: string, blob: Content): Promise<void> {
  const { url } = await startUpload(target, repo)
  await pushed(target, await finish(target, url, blob.digest, blob.bytes), blob)
}

/** A 201 for content, whose Location then gives it. */
export async function pushed(target: Target, answer: Answer, content: Content): Promise<void> {
  check.status(answer, 201)
  check.header(answer, 'docker-content-digest', content.digest)
  const found = await send(target, 'GET', locationOf(answer))
  check.status(found, 200)
  check.body(found, content.bytes)
}

/** Pushes a manifest, without looking at the answer. */
export function putManifest(
  target: Target,
  repo: string,
  reference: string,
  manifest: Manifest,
  options: { query?: string; stream?: boolean } = {},
): Promise<Answer> {
  return send(target, 'PUT', manifestAt(repo, reference) + (options.query ?? ''), {
    headers: { 'content-type': manifest.mediaType },
    body: manifest.bytes,
    stream: options.stream ?? false,
  })
}

/** Pushes a manifest and what it needs; it must be taken. */
export async function pushImage(
  target: Target,
  repo: string,
  reference: string,
  set: Pushable,
): Promise<Answer> {
  for (const blob of set.blobs) await pushBlob(target, repo, blob)
  const answer = await putManifest(target, repo, reference, set.manifest)
  check.status(answer, 201)
  return answer
}

/** A manifest with its blobs. */
export interface Pushable {
  readonly blobs: readonly Content[]
  readonly manifest: Manifest
}
