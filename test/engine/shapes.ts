/**
 * Storages in memory that want their pieces cut, as real stores do and in miniature.
 * @module
 */

import { memory, type Storage } from '../../src/storage/index.ts'

type Options = NonNullable<Parameters<typeof memory>[0]>

const MIB = 1024 * 1024
const OBJECTS = { min: 5 * MIB, max: 5 * 1024 * MIB, count: 10_000, equal: false, sized: true }
const TINY = { min: 5, max: 1000, count: 10, equal: false, sized: true }

/** Like the stores that they are named after. */
export const REAL = {
  s3: { pieces: OBJECTS, verifies: ['sha256'], fork: false },
  r2: { pieces: { ...OBJECTS, equal: true }, verifies: ['sha256', 'sha512'], fork: false },
  kv: { pieces: { ...OBJECTS, min: 1, max: 8 * MIB }, fork: false },
} satisfies Record<string, Options>

/** The same with rules of a few bytes. */
export const MINIATURE = {
  s3: { ...REAL.s3, pieces: TINY },
  's3 that copies and verifies nothing': { pieces: TINY },
  r2: { ...REAL.r2, pieces: { ...TINY, equal: true, max: 40 } },
  kv: { ...REAL.kv, pieces: { ...TINY, min: 1, max: 8, count: 40 } },
} satisfies Record<string, Options>

/** Memory for uploads that makes pieces of 8 bytes where the rules let it. */
export const TINY_MEMORY: number = 48

/** Such a storage. */
export function shaped(options: Options, now?: () => number): Storage {
  return memory({ ...options, ...(now ? { now } : {}) })
}
