/**
 * Hashing: native where the runtime has it, portable and resumable everywhere. Nothing here knows of storage.
 * @module
 */

export { createHasher, digestOf, type Hasher, type ResumableHasher } from './hasher.ts'
export { nativeHasher } from './native.ts'
export { portableHasher } from './portable.ts'
export { equalBytes, seal, unseal } from './seal.ts'
export { sha256Text } from './text.ts'
export { verified } from './verified.ts'
