/**
 * The requests of an upload session, each once (end-4 to end-6, end-13, end-14).
 * @module
 */

import { repositoryScope, whyNotThere } from '../auth/client/index.ts'
import { type Algorithm, type Digest, OCTET_STREAM, RegistryError, uploadPath } from '../oci/index.ts'
import type { Body, CallOptions, Upload } from '../registry.ts'
import { type Core, callOf } from './core.ts'
import { broken } from './errors.ts'
import { countIn, lastStored } from './headers.ts'
import { checkSize } from './outgoing.ts'
import { discard } from './read.ts'
import type { Answer, Ask } from './send.ts'
import { formatUploadId, type Session } from './upload-id.ts'
import { resolveLocation } from './urls.ts'

/** Bytes for a session. */
export interface Chunk {
  readonly body: Body
  /** Where they begin; absent: at the end. */
  readonly offset?: number | undefined
  readonly size?: number | undefined
}

/** A session, and what sizes of chunks it wants. */
export interface Opened extends Session {
  readonly minChunk?: number
  readonly maxChunk?: number
}

/** What the contract calls an upload. */
export function uploadOf(opened: Opened): Upload {
  const { offset, minChunk, maxChunk } = opened
  return {
    id: formatUploadId(opened),
    offset,
    ...(minChunk === undefined ? {} : { minChunk }),
    ...(maxChunk === undefined ? {} : { maxChunk }),
  }
}

/** Begins a session. Algorithms beside sha256 are announced (end-4c). */
export async function open(
  core: Core,
  repo: string,
  algorithm: Algorithm | (string & {}) = 'sha256',
  options?: CallOptions,
): Promise<Opened> {
  const query = algorithm === 'sha256' ? '' : `?digest-algorithm=${encodeURIComponent(algorithm)}`
  const name = core.settings.nameOf(repo)
  const url = uploadPath(name) + query
  const answer = await core.send({
    ...pushing(core, repo, options),
    method: 'POST',
    url,
    unknown: 'NAME_UNKNOWN',
  })
  return opened(core, repo, answer)
}

/** The session that a 202 to a POST tells of. */
export async function opened(core: Core, repo: string, answer: Answer): Promise<Opened> {
  await discard(answer.response)
  const { headers } = answer.response
  const url = locationOf(core, answer)
  if (!url) throw broken(core.settings.base.host, 'begins an upload and does not tell where')
  return { repo, url, offset: 0, ...hintsIn(headers) }
}

/** How far a session is. `0-0` is one byte only if that is known from before. */
export async function status(core: Core, session: Session, options?: CallOptions): Promise<Opened> {
  const ask = { ...pushing(core, session.repo, options), method: 'GET', url: session.url }
  return moved(core, session, await core.send(ask))
}

/** Sends a chunk. Not sent again by itself: after a failure one has to ask how far the session is. */
export async function patch(
  core: Core,
  session: Session,
  chunk: Chunk,
  options?: CallOptions,
): Promise<Opened> {
  const answer = await core.send({
    ...writing(core, session, chunk, options),
    method: 'PATCH',
    url: session.url,
  })
  const next = await moved(core, session, answer)
  const sent = (chunk.offset ?? session.offset) + answer.sent
  // What was sent is there, also where `0-0` says nothing and where a registry tells the range of the chunk.
  return { ...next, offset: Math.max(next.offset, sent) }
}

/** Ends a session, with the last bytes if there are any. @returns how many bytes those were. */
export async function put(
  core: Core,
  session: Session,
  digest: Digest,
  chunk: Chunk | null,
  options?: CallOptions,
): Promise<number> {
  const url = new URL(session.url)
  // Added to the text: what else is in the query goes back untouched.
  url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`
  const answer = await core.send({
    ...writing(core, session, chunk, options),
    method: 'PUT',
    url,
    slow: true,
  })
  if (answer.response.status === 416) throw await outOfOrder(core, session, answer)
  await discard(answer.response)
  return answer.sent
}

/** Ends a session without a blob. */
export async function cancel(core: Core, session: Session, options?: CallOptions): Promise<void> {
  const ask = { ...pushing(core, session.repo, options), method: 'DELETE', url: session.url }
  await discard((await core.send(ask)).response)
}

/** The same when nobody waits for it: what is left of it expires. */
export async function abandon(core: Core, session: Session): Promise<void> {
  await cancel(core, session).catch(() => {})
}

/** What all requests of a session have in common. */
export function pushing(
  { settings }: Core,
  repo: string,
  options?: CallOptions,
): Omit<Ask, 'method' | 'url'> {
  const name = settings.nameOf(repo)
  return {
    scopes: [repositoryScope(name, 'pull', 'push')],
    repository: name,
    unknown: 'BLOB_UPLOAD_UNKNOWN',
    ...callOf(options),
  }
}

function writing(
  core: Core,
  session: Session,
  chunk: Chunk | null,
  options?: CallOptions,
): Omit<Ask, 'method' | 'url'> {
  const ask = { ...pushing(core, session.repo, options), repeatable: false, accept: [416] }
  if (!chunk) return ask
  const { body, offset, size } = chunk
  checkSize(body, size)
  const length = body instanceof Uint8Array ? body.length : size
  const range: Record<string, string> =
    offset === undefined || !length ? {} : { 'content-range': `${offset}-${offset + length - 1}` }
  return { ...ask, body, size, headers: { 'content-type': OCTET_STREAM, ...range } }
}

/** The session after an answer that says how far it is. */
async function moved(core: Core, session: Session, answer: Answer): Promise<Opened> {
  if (answer.response.status === 416) throw await outOfOrder(core, session, answer)
  await discard(answer.response)
  const { headers } = answer.response
  const last = lastStored(headers)
  const offset = last === null ? session.offset : last === 0 ? Math.min(session.offset, 1) : last + 1
  return { repo: session.repo, url: locationOf(core, answer) ?? session.url, offset, ...hintsIn(headers) }
}

/** A 416 tells where to go on; where it does not, the session is asked. Without a range nothing is stored. */
async function outOfOrder(core: Core, session: Session, answer: Answer): Promise<RegistryError> {
  await discard(answer.response)
  const { headers } = answer.response
  const url = locationOf(core, answer)
  const last = lastStored(headers)
  const now: Session = url
    ? { repo: session.repo, url, offset: last === null ? 0 : last + 1 }
    : await status(core, session)
  const { id, offset } = uploadOf(now)
  return new RegistryError('RANGE_INVALID', `the session goes on at byte ${offset}`, {
    upload: { id, offset },
  })
}

/** Where a session goes on; never on the network of the client, unless the registry is there, too. */
function locationOf({ settings: { base } }: Core, { response, url }: Answer): URL | null {
  const text = response.headers.get('location')
  const location = text === null ? null : resolveLocation(base, url, text)
  if (!location) return null
  const reason = whyNotThere(base, location)
  if (reason !== null) throw broken(base.host, `sends an upload to where it must not go: ${reason}`)
  return location
}

function hintsIn(headers: Headers): Pick<Opened, 'minChunk' | 'maxChunk'> {
  const minChunk = countIn(headers, 'oci-chunk-min-length')
  const maxChunk = countIn(headers, 'oci-chunk-max-length')
  return {
    ...(minChunk === undefined ? {} : { minChunk }),
    ...(maxChunk === undefined ? {} : { maxChunk }),
  }
}
