/**
 * Storages of several kinds, in miniature: a chunk of a test case is about as long as a piece.
 * @module
 */

import type { memory } from '../../src/storage/index.ts'

type Shape = Parameters<typeof memory>[0] & { readonly uploadMemory: number }

const OBJECTS = { min: 3, max: 1000, count: 1000, equal: false, sized: true }

/** A body of unknown length is collected in pieces of a sixth of the memory. */
export const SHAPES = {
  'a file system': { uploadMemory: 24 },
  'an object store that copies': { uploadMemory: 24, pieces: OBJECTS, verifies: ['sha256'] },
  'an object store with equal pieces': {
    uploadMemory: 24,
    pieces: { ...OBJECTS, equal: true },
    verifies: ['sha256', 'sha512'],
    fork: false,
  },
  'an object store that does nothing else': { uploadMemory: 24, pieces: OBJECTS, fork: false },
  'a key-value store': { uploadMemory: 24, pieces: { ...OBJECTS, min: 1, max: 2 }, fork: false },
} satisfies Record<string, Shape>

export type ShapeName = keyof typeof SHAPES

export const SHAPE_NAMES: ShapeName[] = Object.keys(SHAPES) as ShapeName[]
