/**
 * The keys that tokens are signed with. They lie in a storage, so that tokens outlive a restart and any replica knows
 * those of the others; or they are given.
 * @module
 */

import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { type AuthRecords, decodeRecord, encodeRecord } from '../records.ts'

/** A key pair, and its public half as others get it. */
interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly publicJwk: JWK
}

/** The keys of a token service. */
export interface SigningKeys {
  /** Signs what is given out now; old enough that others have heard of it, if there is such a one. */
  current(): Promise<SigningKey>
  /** The key of a token; `null` if it is none of ours. */
  find(kid: string): Promise<SigningKey | null>
  /** All whose tokens are still taken, newest first. */
  all(): Promise<readonly SigningKey[]>
  /** Makes a new key at once. @param drop The others end now, and all tokens with them. */
  rotate(drop: boolean): Promise<void>
}

const MINUTE = 60_000
const DAY = 1440 * MINUTE
/** A new key is made so often. */
const AGE = 30 * DAY
/** An old key is known for so long after the next one was made: longer than any token lives. */
const AFTERLIFE = 2 * DAY
/** What was read is used for so long; what is not found is looked for at once, but not all the time. */
const FRESH = 5 * MINUTE
const AGAIN = 1000

const RECORD = 'auth/signing'

interface StoredKey {
  readonly created: number
  readonly jwk: JWK
}

/** Keys in the records of a storage; made when they are needed, and anew every 30 days. */
export function storedKeys(records: AuthRecords, now: () => number): SigningKeys {
  let known: {
    readonly at: number
    readonly stored: readonly StoredKey[]
    readonly keys: readonly SigningKey[]
  } | null = null
  const load = async () => {
    const stored = await read(records, now)
    known = { at: now(), stored, keys: await Promise.all(stored.map(({ jwk }) => keyOf(jwk))) }
    return known
  }
  const fresh = async (age: number) => (known && now() - known.at < age ? known : load())
  return {
    async current() {
      const { stored, keys } = await fresh(FRESH)
      const told = stored.findIndex(({ created }) => now() - created > FRESH)
      return keys[told < 0 ? 0 : told]!
    },
    async find(kid) {
      const { keys } = await fresh(FRESH)
      const found = keys.find((key) => key.kid === kid)
      if (found) return found
      // Another replica may have made it just now.
      return (await fresh(AGAIN)).keys.find((key) => key.kid === kid) ?? null
    },
    all: async () => (await fresh(FRESH)).keys,
    async rotate(drop) {
      await renew(records, now, true, drop)
      await load()
    },
  }
}

/**
 * Keys that were given, newest first: the first signs.
 * @throws TypeError without any, and for what is no private key of a pair.
 */
export function givenKeys(jwks: readonly JWK[]): SigningKeys {
  if (jwks.length === 0) throw new TypeError('a token service needs a signing key')
  if (!jwks.every(({ d, alg }) => d !== undefined && (alg === undefined || ALGORITHMS.includes(alg))))
    throw new TypeError(`a signing key must be a private JWK for ${ALGORITHMS.join(', ')}`)
  let keys: Promise<readonly SigningKey[]> | undefined
  const all = (): Promise<readonly SigningKey[]> => {
    keys ??= Promise.all(jwks.map(keyOf))
    return keys
  }
  return {
    current: async () => (await all())[0]!,
    find: async (kid) => (await all()).find((key) => key.kid === kid) ?? null,
    all,
    rotate: () => Promise.reject(new TypeError('these keys were given: give others')),
  }
}

async function read(records: AuthRecords, now: () => number): Promise<readonly StoredKey[]> {
  const rec = await records.get(RECORD)
  const stored = rec ? decodeRecord<{ keys: StoredKey[] }>(rec.value).keys : []
  const [newest] = stored
  return newest && now() - newest.created < AGE ? stored : renew(records, now, false, false)
}

/** Several replicas may do so at once: one of them wins, and the others take its key. */
async function renew(
  records: AuthRecords,
  now: () => number,
  force: boolean,
  drop: boolean,
): Promise<readonly StoredKey[]> {
  const made: StoredKey = { created: now(), jwk: await newKey() }
  for (;;) {
    const rec = await records.get(RECORD)
    const before = rec ? decodeRecord<{ keys: StoredKey[] }>(rec.value).keys : []
    if (!force && before[0] && now() - before[0].created < AGE) return before
    // A key ends when the one after it has been there for long enough.
    const kept = drop ? [] : before.filter((_, i) => i === 0 || now() - before[i - 1]!.created < AFTERLIFE)
    const keys = [made, ...kept]
    const value = encodeRecord({ keys })
    const version = rec
      ? await records.put(RECORD, value, { version: rec.version })
      : await records.create(RECORD, value)
    if (version !== null) return keys
  }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, alg: 'ES256', kid: await calculateJwkThumbprint(jwk) }
}

async function keyOf(jwk: JWK): Promise<SigningKey> {
  const { d, p, q, dp, dq, qi, oth, key_ops, ext, ...rest } = jwk
  const alg = jwk.alg ?? 'ES256'
  const kid = jwk.kid ?? (await calculateJwkThumbprint(rest))
  const publicJwk = { ...rest, alg, kid, use: 'sig' }
  const privateKey = (await importJWK({ ...jwk, alg })) as CryptoKey
  return { kid, alg, privateKey, publicJwk, publicKey: (await importJWK(publicJwk)) as CryptoKey }
}

/** What tokens may be signed with: nothing that one key both makes and checks, and never `none`. */
export const ALGORITHMS: readonly string[] = ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519']
