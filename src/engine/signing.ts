import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Core } from './core.ts'
import { SIGNING_KEYS } from './keys.ts'
import { decode, encode } from './record.ts'

interface Stored {
  readonly keys: readonly { readonly id: string; readonly secret: string }[]
}

/**
 * The keys that seal upload ids, newest first. They lie in the storage, so that sessions survive a restart and
 * any replica takes the next call; whoever asks first makes them.
 */
export function signingKeys(core: Core): () => Promise<readonly Uint8Array[]> {
  let known: Promise<readonly Uint8Array[]> | undefined
  return () => {
    known ??= load(core).catch((error) => {
      known = undefined
      throw error
    })
    return known
  }
}

async function load(core: Core): Promise<readonly Uint8Array[]> {
  const { records } = core.storage
  const stored = await records.get(SIGNING_KEYS)
  if (stored) return secrets(stored.value)
  const fresh = encode({
    keys: [{ id: '1', secret: bytesToHex(crypto.getRandomValues(new Uint8Array(32))) }],
  })
  if ((await records.create(SIGNING_KEYS, fresh)) !== null) return secrets(fresh)
  return secrets((await records.get(SIGNING_KEYS))!.value)
}

function secrets(value: Uint8Array): readonly Uint8Array[] {
  return decode<Stored>(value).keys.map(({ secret }) => hexToBytes(secret))
}
