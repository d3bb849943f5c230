/**
 * The ways to upload a blob, with every step in the ledger.
 * @module
 */

import { ask, sha256, streamed } from './http.ts'
import { keyOf, type Ledger, type OpenSession } from './ledger.ts'
import type { Random } from './random.ts'

/** Where and in whose name. */
export interface Target {
  readonly url: string
  readonly ledger: Ledger
  readonly random: Random
}

/** Pushes a blob in a random way and returns its digest. */
export async function pushBlob(target: Target, repo: string, bytes: Buffer<ArrayBuffer>): Promise<string> {
  const digest = sha256(bytes)
  const way = target.random.pick(['single', 'whole', 'streamed', 'chunked', 'chunked'] as const)
  if (way === 'single') {
    await blob(target, repo, digest, async () => {
      await ask('POST', `${target.url}/v2/${repo}/blobs/uploads/?digest=${digest}`, 201, { body: bytes })
    })
    return digest
  }
  const session = await open(target, repo, bytes, digest)
  if (way === 'streamed') await append(target, session, bytes.length, false)
  if (way === 'chunked') {
    const end = target.random.chance(0.5) ? bytes.length : Math.floor(bytes.length * 0.8)
    const step = Math.ceil(bytes.length / target.random.int(2, 4))
    while (session.acknowledged < end)
      await append(target, session, Math.min(end, session.acknowledged + step))
  }
  await finish(target, session)
  return digest
}

/** Opens a session. */
export async function open(
  { url, ledger }: Target,
  repo: string,
  bytes: Buffer<ArrayBuffer>,
  digest: string = sha256(bytes),
): Promise<OpenSession> {
  const { headers } = await ask('POST', `${url}/v2/${repo}/blobs/uploads/`, 202)
  const location = headers.get('location')!
  const start = { acknowledged: 0, sent: 0, busy: false, finishing: false }
  const session: OpenSession = { repo, digest, bytes, location, ...start }
  ledger.sessions.add(session)
  return session
}

/** Sends the bytes up to `end`, with `Content-Range` unless `ranged` is false. With `stall`, the body hangs. */
export async function append(
  { url, random }: Target,
  session: OpenSession,
  end: number,
  ranged = true,
  stall?: Promise<unknown>,
): Promise<void> {
  const body = session.bytes.subarray(session.acknowledged, end)
  Object.assign(session, { busy: true, sent: end })
  const range = { 'content-range': `${session.acknowledged}-${end - 1}` }
  const inChunks = stall !== undefined || !ranged || random.chance(0.3)
  const { headers } = await ask('PATCH', url + session.location, 202, {
    body: inChunks ? streamed(body, 32_768, stall) : body,
    headers: { 'content-type': 'application/octet-stream', ...(ranged ? range : {}) },
  })
  Object.assign(session, { busy: false, acknowledged: end, location: headers.get('location') })
}

/** Sends what is left and names the digest. */
export async function finish(
  target: Target,
  session: OpenSession,
  wanted: number | readonly number[] = 201,
): Promise<void> {
  const rest = session.bytes.subarray(session.acknowledged)
  Object.assign(session, { busy: true, finishing: true, sent: session.bytes.length })
  await blob(target, session.repo, session.digest, async () => {
    await ask('PUT', `${target.url}${session.location}?digest=${session.digest}`, wanted, {
      ...(rest.length > 0 && { body: rest }),
    })
  })
  target.ledger.sessions.delete(session)
}

function blob({ ledger }: Target, repo: string, digest: string, send: () => Promise<void>): Promise<void> {
  return ledger.change({ keys: [keyOf.blob(repo, digest)], to: 'present' }, send)
}
