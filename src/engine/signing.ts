import { hexToBytes } from '@noble/hashes/utils.js'
import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import { SIGNING_KEYS } from './keys.ts'
import { decode, encode, random } from './record.ts'

interface Stored {
  readonly keys: readonly { readonly id: string; readonly secret: string }[]
}

/** Gives the keys that seal upload ids, newest first. */
export type SigningKeys = (call: Call) => Promise<readonly Uint8Array[]>

/**
 * The signing keys of a store. They lie in the storage, so that sessions survive a restart and any replica takes
 * the next call; whoever asks first makes them. Requests that come together ask each for itself: a Worker's request
 * may be killed at any time, and what it had begun would never end for those that wait for it.
 */
export function signingKeys(core: Core): SigningKeys {
  let known: readonly Uint8Array[] | undefined
  return async (call) => {
    known ??= await load(core, call)
    return known
  }
}

async function load(core: Core, call: Call): Promise<readonly Uint8Array[]> {
  const { records } = core.storage
  const stored = await records.get(SIGNING_KEYS, call)
  if (stored) return secrets(stored.value)
  const fresh = encode({ keys: [{ id: '1', secret: random(32) }] })
  if ((await records.create(SIGNING_KEYS, fresh, call)) !== null) return secrets(fresh)
  return secrets((await records.get(SIGNING_KEYS, call))!.value)
}

function secrets(value: Uint8Array): readonly Uint8Array[] {
  return decode<Stored>(value).keys.map(({ secret }) => hexToBytes(secret))
}
