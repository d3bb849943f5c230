import { _SHA256, _SHA512 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Algorithm, Digest } from '../oci/index.ts'
import type { ResumableHasher } from './hasher.ts'

/** What a SHA-2 hash consists of between two updates. */
interface State {
  words: number[]
  /** Bytes of the block that is not full yet, in hex. */
  block: string
  /** Bytes hashed so far. */
  length: number
}

// The state is protected in @noble/hashes, so subclasses read and set it: this file is the only place that
// knows of it, the version is pinned, and a property test saves and restores at every cut.
class Sha256 extends _SHA256 {
  save(): State {
    return { words: this.get(), block: bytesToHex(this.buffer.subarray(0, this.pos)), length: this.length }
  }
  restore(state: State): void {
    this.set(...(state.words as Parameters<_SHA256['set']>))
    this.pos = hexToBytes(state.block).length
    this.buffer.set(hexToBytes(state.block))
    this.length = state.length
  }
}

class Sha512 extends _SHA512 {
  save(): State {
    return { words: this.get(), block: bytesToHex(this.buffer.subarray(0, this.pos)), length: this.length }
  }
  restore(state: State): void {
    this.set(...(state.words as Parameters<_SHA512['set']>))
    this.pos = hexToBytes(state.block).length
    this.buffer.set(hexToBytes(state.block))
    this.length = state.length
  }
}

/**
 * A hasher in plain JavaScript, for runtimes without one and for resuming in another process.
 * @param state What `save()` gave; absent starts anew.
 */
export function portableHasher(algorithm: Algorithm, state?: string): ResumableHasher {
  const hash = algorithm === 'sha256' ? new Sha256() : new Sha512()
  if (state !== undefined) hash.restore(JSON.parse(state) as State)
  return {
    algorithm,
    update: (bytes) => void hash.update(bytes),
    digest: async (): Promise<Digest> => `${algorithm}:${bytesToHex(hash.digest())}`,
    copy: () => portableHasher(algorithm, JSON.stringify(hash.save())),
    save: () => JSON.stringify(hash.save()),
  }
}
