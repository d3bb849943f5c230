/**
 * Half-finished uploads after a restart: what they say of themselves is true, and they can be finished.
 * @module
 */

import { ask, sha256 } from './http.ts'
import type { OpenSession } from './ledger.ts'
import { finish, type Target } from './uploads.ts'

/** For so long the writer of a dead server may be waited for, in milliseconds, with some air. */
const PATIENCE = 65_000

/** Looks at every interrupted session and finishes those that can be. @returns What is wrong. */
export async function resumeAll(
  target: Target,
): Promise<{ wrong: string[]; finished: number; waiting: number }> {
  const wrong: string[] = []
  let finished = 0
  for (const session of [...target.ledger.sessions]) {
    try {
      if (await resume(target, session)) finished++
    } catch (error) {
      wrong.push(`session of ${session.repo} for ${session.digest}: ${error}`)
      target.ledger.sessions.delete(session)
    }
  }
  return { wrong, finished, waiting: target.ledger.sessions.size }
}

/** True if the blob is there now, false if the session has to be waited for. */
async function resume(target: Target, session: OpenSession): Promise<boolean> {
  const { url, ledger } = target
  const status = await ask('GET', url + session.location, [204, 404])
  if (status.status === 404) {
    if (!session.finishing) throw new Error('it is gone, and nobody has finished it')
    await verify(target, session)
    ledger.sessions.delete(session)
    return true
  }
  const range = status.headers.get('range')
  const last = Number(/^0-(\d+)$/.exec(range ?? '')?.[1])
  const offset = last === 0 ? 0 : last + 1
  if (!(offset >= session.acknowledged && offset <= session.sent)) {
    throw new Error(`Range ${range}; ${session.acknowledged} bytes confirmed, ${session.sent} sent`)
  }
  session.acknowledged = offset
  session.location = status.headers.get('location')!
  const half = offset + Math.ceil((session.bytes.length - offset) / 2)
  if (half > offset && target.random.chance(0.7)) {
    const answer = await ask('PATCH', url + session.location, [202, 416], {
      body: session.bytes.subarray(offset, half),
      headers: { 'content-range': `${offset}-${half - 1}` },
    })
    if (answer.status === 416) return refused(session)
    session.acknowledged = half
    session.location = answer.headers.get('location')!
  }
  let done = true
  await finish(target, session, 201).catch((error: Error) => {
    if (!/: 416,/.test(error.message)) throw error
    done = refused(session)
  })
  if (done) await verify(target, session)
  return done
}

/** A 416 is honest only while a writer that was killed may still be thought alive. */
function refused(session: OpenSession): false {
  if (!session.busy || Date.now() - session.killed! > PATIENCE) throw new Error('416 without a writer')
  return false
}

async function verify({ url }: Target, { repo, digest }: OpenSession): Promise<void> {
  const { bytes } = await ask('GET', `${url}/v2/${repo}/blobs/${digest}`, 200)
  if (sha256(bytes) !== digest) throw new Error('the finished blob is not whole')
}
