/**
 * Refresh tokens: long, opaque, bound to one subject and one service, and gone as soon as somebody says so. Only their
 * hash is kept.
 * @module
 */

import { bytesToHex } from '@noble/hashes/utils.js'
import type { Subject } from '../../registry.ts'
import type { Authenticator } from '../contract.ts'
import { type AuthRecords, decodeRecord, encodeRecord } from '../records.ts'
import { digestText, randomText, sameText } from '../secrets.ts'
import type { Claimed } from './subject.ts'

interface Stored {
  readonly hash: string
  readonly service: string
  readonly subject: Claimed
  /** Of the credentials that it was given for, if they can be looked up. */
  readonly stamp?: string
  readonly expires: number
}

/** The refresh tokens of a service. */
export interface RefreshTokens {
  /** A new one for a subject. */
  issue(subject: Subject, claimed: Claimed): Promise<string>
  /** Whose it is; `null` if it is unknown, revoked, expired, or older than its owner's password. */
  redeem(token: string): Promise<Claimed | null>
  /** Ends those of a subject; tells how many there were. */
  revoke(name: string): Promise<number>
  /** Removes those that have expired. */
  sweep(): Promise<void>
}

const PREFIX = 'auth/refresh/'
const SHAPE = /^ocr_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/

/** @param lifetime Milliseconds. */
export function refreshTokens(
  records: AuthRecords,
  login: Authenticator,
  { service, lifetime, now }: { service: string; lifetime: number; now: () => number },
): RefreshTokens {
  const stampOf = async (name: string, id: string): Promise<string | null | undefined> => {
    if (!login.lookup) return undefined
    const known = await login.lookup(name)
    return known && (await known.stamp(id))
  }
  const remove = async (unwanted: (stored: Stored) => boolean): Promise<number> => {
    const keys: string[] = []
    for await (const { key, rec } of records.list(PREFIX, { values: true }))
      if (rec && unwanted(decodeRecord<Stored>(rec.value))) keys.push(key)
    if (keys.length > 0) await records.drop(keys)
    return keys.length
  }
  return {
    async issue(subject, claimed) {
      const id = bytesToHex(crypto.getRandomValues(new Uint8Array(16)))
      const secret = randomText(32)
      const stamp = (await stampOf(subject.name, id)) ?? undefined
      const stored: Stored = {
        hash: await digestText(secret),
        service,
        subject: claimed,
        ...(stamp !== undefined && { stamp }),
        expires: now() + lifetime,
      }
      await records.put(PREFIX + id, encodeRecord(stored))
      return `ocr_${id}_${secret}`
    },
    async redeem(token) {
      const [, id, secret] = SHAPE.exec(token) ?? []
      if (id === undefined || secret === undefined) return null
      const rec = await records.get(PREFIX + id)
      const stored = rec && decodeRecord<Stored>(rec.value)
      const right = sameText(stored?.hash ?? 'sha256:', await digestText(secret))
      if (!stored || !right || stored.service !== service || stored.expires <= now()) return null
      if (stored.stamp !== undefined && (await stampOf(stored.subject.sub, id)) !== stored.stamp) return null
      return stored.subject
    },
    revoke: (name) => remove(({ subject }) => subject.sub === name),
    sweep: async () => void (await remove(({ expires }) => expires <= now())),
  }
}
