import { bytesToHex } from '@noble/hashes/utils.js'
import type { Algorithm, Digest } from '../oci/index.ts'
import type { Hasher } from './hasher.ts'

/** The part of `node:crypto`'s Hash that is used. */
interface NodeHash {
  update(bytes: Uint8Array): NodeHash
  digest(encoding: 'hex'): string
  copy(): NodeHash
}
interface NodeCrypto {
  createHash(algorithm: string): NodeHash
  createHmac(algorithm: string, key: object): { update(bytes: Uint8Array): { digest(): Uint8Array } }
  createSecretKey(key: Uint8Array): object
  /** Absent in older versions. */
  hash?(algorithm: string, text: string, encoding: 'hex'): string
}

/** Cloudflare's `crypto.DigestStream`. */
interface DigestStream extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>
}
type DigestStreamClass = new (algorithm: string) => DigestStream

// No import statement: bundlers stay clean, and Node, Bun, Deno and workerd with nodejs_compat all answer.
const runtime = (globalThis as { process?: { getBuiltinModule?(id: string): unknown } }).process
const nodeCrypto = runtime?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined
const DigestStream = (crypto as unknown as { DigestStream?: DigestStreamClass }).DigestStream

/** A hasher of the runtime itself; `null` if it has none that streams. */
export function nativeHasher(algorithm: Algorithm): Hasher | null {
  if (nodeCrypto) return fromNode(algorithm, nodeCrypto.createHash(algorithm))
  if (DigestStream)
    return fromStream(algorithm, new DigestStream(algorithm === 'sha256' ? 'SHA-256' : 'SHA-512'))
  return null
}

/** Keys that are ready for use: getting one ready costs Node five times as much as an HMAC of a short text. */
const ready = new WeakMap<Uint8Array, object>()

/**
 * HMAC-SHA-256 (RFC 2104) by the runtime itself; `null` if it cannot at once.
 * @param key Must not change.
 */
export function nativeHmac(key: Uint8Array, bytes: Uint8Array): Uint8Array | null {
  if (!nodeCrypto) return null
  let secret = ready.get(key)
  if (secret === undefined) {
    secret = nodeCrypto.createSecretKey(key)
    ready.set(key, secret)
  }
  return nodeCrypto.createHmac('sha256', secret).update(bytes).digest()
}

/** SHA-256 of a text (as UTF-8) in hex, by the runtime itself; `null` if it cannot at once. */
export function nativeSha256(text: string): string | null {
  return nodeCrypto?.hash?.('sha256', text, 'hex') ?? null
}

function fromNode(algorithm: Algorithm, hash: NodeHash): Hasher {
  return {
    algorithm,
    update: (bytes) => void hash.update(bytes),
    digest: async (): Promise<Digest> => `${algorithm}:${hash.digest('hex')}`,
    copy: () => fromNode(algorithm, hash.copy()),
  }
}

function fromStream(algorithm: Algorithm, stream: DigestStream): Hasher {
  const writer = stream.getWriter()
  return {
    algorithm,
    update: (bytes) => writer.write(bytes),
    digest: async (): Promise<Digest> => {
      await writer.close()
      return `${algorithm}:${bytesToHex(new Uint8Array(await stream.digest))}`
    },
  }
}
