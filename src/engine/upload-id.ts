/**
 * Ids of upload sessions. POST writes nothing: the id itself carries the time, randomness and how far the
 * session was, under a seal over the repository and the subject. A malformed, foreign or forged id is found
 * out without a read.
 * @module
 */

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { seal, unseal } from '../hash/index.ts'
import { ALGORITHMS, type Algorithm } from '../oci/index.ts'
import { random } from './record.ts'

/** What an id says. */
export interface UploadId {
  /** 32 hex digits: twelve of the time, the rest random. */
  readonly session: string
  /** When the session began, in milliseconds since 1970. */
  readonly time: number
  /** The attempt whose end this id was given out at; 0 is the beginning. */
  readonly n: number
  /** What the client announced. */
  readonly algorithm: Algorithm
  /** What the session was then, where the storage may not tell yet. */
  readonly state?: object
}

/** Whom an id is for. */
export interface Holder {
  readonly repo: string
  /** Name of the subject, empty for anonymous. */
  readonly subject: string
}

const VERSION = 1
/** Version, algorithm, session, n. */
const LENGTH = 1 + 1 + 16 + 4
/** Longest state in bytes: with it an id stays below 1.5 KiB, which every client and proxy takes in a URL. */
const MAX_STATE = 1080

/** A new session. */
export function newUploadId(now: number, algorithm: Algorithm): UploadId {
  // A clock may tell fractions, which have no place in an id.
  const time = Math.floor(now)
  return { session: time.toString(16).padStart(12, '0') + random(10), time, n: 0, algorithm }
}

/** The id as text: 51 characters of base64url, and more only with a state, which is left out if it is long. */
export function formatUploadId(id: UploadId, holder: Holder, key: Uint8Array): string {
  const state = id.state ? new TextEncoder().encode(JSON.stringify(id.state)) : new Uint8Array(0)
  const carried = state.length <= MAX_STATE ? state : new Uint8Array(0)
  const body = new Uint8Array(LENGTH + carried.length)
  body.set(carried, LENGTH)
  body[0] = VERSION
  body[1] = ALGORITHMS.indexOf(id.algorithm)
  body.set(hexToBytes(id.session), 2)
  new DataView(body.buffer).setUint32(LENGTH - 4, id.n)
  return seal(body, purposeOf(holder), key)
}

/** Reads an id; `null` unless it was sealed with one of `keys` for this holder. */
export function parseUploadId(text: string, holder: Holder, keys: readonly Uint8Array[]): UploadId | null {
  const body = unseal(text, purposeOf(holder), keys)
  const algorithm = ALGORITHMS[body?.[1] ?? -1]
  if (!body || body.length < LENGTH || body[0] !== VERSION || !algorithm) return null
  const session = bytesToHex(body.subarray(2, LENGTH - 4))
  const n = new DataView(body.buffer, body.byteOffset).getUint32(LENGTH - 4)
  const id = { session, time: timeOf(session), n, algorithm }
  if (body.length === LENGTH) return id
  return { ...id, state: JSON.parse(new TextDecoder().decode(body.subarray(LENGTH))) as object }
}

/** When a session began. */
export function timeOf(session: string): number {
  return Number.parseInt(session.slice(0, 12), 16)
}

function purposeOf({ repo, subject }: Holder): string {
  return `upload\n${repo}\n${subject}`
}
