/**
 * Taking out of use what would be served wrongly: the record goes to another key as it was, and its bytes stay where
 * they are. Clients then hear that it is absent, and push it again.
 * @module
 */

import { digestOf } from '../../hash/index.ts'
import { encodedOf } from '../../oci/index.ts'
import type { Rec } from '../../storage/index.ts'
import { damagedKey } from '../keys.ts'
import type { Run } from './run.ts'

/** How long what was set aside is kept, in milliseconds. */
export const KEPT: number = 30 * 24 * 60 * 60_000

/**
 * Sets a record aside as it was read; false if it has changed since: then it is as it was. What was kept of it
 * comes first, so that a crash loses nothing.
 */
export async function setAside(run: Run, key: string, rec: Rec): Promise<boolean> {
  const { records } = run.core.storage
  const kept = await keptKey(key, rec.value)
  const made = await records.create(kept, rec.value)
  run.seen.delete(key)
  run.seen.add(kept)
  if (await records.remove(key, rec.version)) return true
  if (made !== null) await records.drop([kept])
  return false
}

/** One for each value: what is damaged twice is kept twice, and a second try after a crash finds the first. */
async function keptKey(key: string, value: Uint8Array): Promise<string> {
  return damagedKey(key, encodedOf(await digestOf('sha256', value)).slice(0, 8))
}
