/**
 * Expiry of upload sessions: what nobody has written to for long goes, with its bytes; what became a blob
 * leaves a note for the collector, should no manifest ever refer to it.
 * @module
 */

import { type Digest, RegistryError } from '../oci/index.ts'
import { beginAttempt } from './attempt.ts'
import type { Core } from './core.ts'
import { hour, parseAttemptKey, sessionPrefix, UPLOADS } from './keys.ts'
import { readLink } from './links.ts'
import { noteContent, noteRefs } from './notes.ts'
import { digestSealed } from './proof.ts'
import { decode } from './record.ts'
import { Session, type SessionBegin, type SessionState } from './session.ts'
import { timeOf, type UploadId } from './upload-id.ts'

const HOUR = 3_600_000

/** The log of one session, as listed. */
interface Log {
  readonly id: UploadId
  readonly keys: string[]
  readonly begins: Map<number, SessionBegin>
  readonly ends: Map<number, SessionState>
  touched: number
}

/**
 * Removes sessions that began more than the grace period ago and have been silent for half of it.
 * @param alone Nobody else uses the storage: those that have been silent for the grace period, whenever they began.
 * @returns how many.
 */
export async function sweepUploads(core: Core, alone = false): Promise<{ sessions: number }> {
  let sessions = 0
  for await (const log of expired(core, alone)) {
    if (!alone && !((await shutOut(core, log)) && (await isAsListed(core, log)))) continue
    // Without a beginning it is what a writer has left who came back when all else had gone: that was settled then.
    if (log.begins.size > 0) await settle(core, log)
    await core.storage.records.drop(log.keys)
    await new Session(core, log.id, String).drop({})
    sessions++
  }
  return { sessions }
}

/** What {@link sweepUploads} would remove, and the blobs that it would leave to the collector. */
export async function* expiredUploads(
  core: Core,
  alone: boolean,
): AsyncGenerator<{ session: string; finishes: readonly Finish[] }, void, void> {
  for await (const log of expired(core, alone)) yield { session: log.id.session, finishes: finishesOf(log) }
}

async function* expired(core: Core, alone: boolean): AsyncGenerator<Log, void, void> {
  for await (const log of oldSessions(core, core.now() + (alone ? HOUR : -core.grace))) {
    const silence = core.now() - log.touched
    if (alone ? Math.max(0, silence) >= core.grace : silence > core.grace / 2) yield log
  }
}

/** Sessions of the hours before that of `time`. */
async function* oldSessions(core: Core, time: number): AsyncGenerator<Log, void, void> {
  const limit = `${UPLOADS}${hour(time)}`
  let log: Log | undefined
  for await (const { key, rec } of core.storage.records.list(UPLOADS, { values: true })) {
    if (key >= limit) break
    const { session, n, what } = parseAttemptKey(key)
    if (log?.id.session !== session) {
      if (log) yield log
      log = { id: sessionId(session), keys: [], begins: new Map(), ends: new Map(), touched: 0 }
    }
    log.keys.push(key)
    log.touched = Math.max(log.touched, rec!.modified)
    if (what === 'a') log.begins.set(n, decode<SessionBegin>(rec!.value))
    if (what === 'z') log.ends.set(n, decode<SessionState>(rec!.value))
  }
  if (log) yield log
}

/** Nobody can write to the session any more; false if somebody just does. */
async function shutOut(core: Core, log: Log): Promise<boolean> {
  const [first] = log.begins.values()
  const begin = (): SessionBegin => ({ repo: first?.repo ?? '', cancelled: true })
  try {
    await beginAttempt(core, new Session(core, log.id, String), { begin }, {})
    return true
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    return error.code === 'BLOB_UPLOAD_UNKNOWN'
  }
}

/**
 * Whether the session names nothing that was not listed. Who came back in between may have left what the list does not
 * name; nobody can come back again, so the next sweep will see all of it.
 */
async function isAsListed(core: Core, log: Log): Promise<boolean> {
  const listed = new Set(log.keys)
  const named = new Set([...placesOf(log).keys(), ...tailsOf(log)])
  const prefix = sessionPrefix(log.id.time, log.id.session)
  for await (const { key, rec } of core.storage.records.list(prefix, { values: true })) {
    if (!listed.has(key) && bringsNews(key, rec!.value, named)) return false
  }
  return true
}

/** What {@link shutOut} writes brings none: a beginning that is cancelled, the end of an attempt that fell silent. */
function bringsNews(key: string, value: Uint8Array, named: ReadonlySet<string>): boolean {
  const { what } = parseAttemptKey(key)
  if (what === 'a') return decode<SessionBegin>(value).cancelled !== true
  if (what !== 'z') return false
  const { place, sealed, tail } = decode<SessionState>(value)
  return [place, sealed, tail?.place].some((each) => each !== undefined && !named.has(each))
}

/** Removes what never became a blob, and leaves the collector a note of what did. */
async function settle(core: Core, log: Log): Promise<void> {
  const { contents } = core.storage
  // Nobody ever links a tail.
  const tails = tailsOf(log)
  if (tails.length > 0) await contents.remove(tails)
  const finishes = finishesOf(log)
  const linked = new Set<string>()
  for (const { repo, digest } of finishes) {
    const link = await readLink(core, repo, digest, {})
    if (link) linked.add(link.place)
    // Whoever has looked for the session just before may still write the link.
    await noteRefs(core, repo, [digest], {}, link ? { since: 0 } : {})
  }
  for (const [place, handle] of placesOf(log)) {
    if (linked.has(place)) continue
    // These bytes may have been linked, and others may have copied that link since: only the collector, which
    // looks twice, may remove them.
    const digest = await digestFor(core, place, finishes)
    if (digest) {
      await noteContent(core, digest, place, {})
    } else {
      await contents.abandon(place, handle)
      await contents.remove([place])
    }
  }
}

/** A blob that a session was to become. */
interface Finish {
  readonly repo: string
  readonly digest: Digest
}

/**
 * Every finish, also those with an end: one that was given up may have had a writer that lived, and one that
 * failed may have written its link all the same.
 */
function finishesOf(log: Log): Finish[] {
  return [...log.begins.values()].flatMap(({ repo, digest }) =>
    digest === undefined ? [] : [{ repo, digest }],
  )
}

/** The digest under which the bytes of a place may have been linked; `null` if they cannot have been. */
async function digestFor(core: Core, place: string, finishes: readonly Finish[]): Promise<Digest | null> {
  const digests = new Set(finishes.map(({ digest }) => digest))
  if (digests.size === 0 || (await core.storage.contents.size(place)) === null) return null
  // Only proved bytes are linked, so a finish that named another digest than theirs cannot have done it.
  for (const digest of digests) {
    if ((await digestSealed(core, place, digest, () => {}, {})) === digest) return digest
  }
  return null
}

/** Every place that the session has named, with its handle if that is known. */
function placesOf(log: Log): Map<string, string> {
  const places = new Map<string, string>()
  for (const { place } of log.begins.values()) if (place !== undefined) places.set(place, '')
  for (const { place, handle, sealed } of log.ends.values()) {
    if (sealed !== undefined) places.set(sealed, '')
    if (place !== undefined) places.set(place, handle ?? '')
  }
  return places
}

function tailsOf(log: Log): string[] {
  const begun = [...log.begins.values()].map(({ tail }) => tail)
  const ended = [...log.ends.values()].map(({ tail }) => tail?.place)
  return [...new Set([...begun, ...ended])].filter((place) => place !== undefined)
}

function sessionId(session: string): UploadId {
  return { session, time: timeOf(session), n: 0, algorithm: 'sha256' }
}
