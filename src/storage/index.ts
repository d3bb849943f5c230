/**
 * The storage contract and the memory driver.
 * @module
 */

export type {
  Call,
  Contents,
  Entry,
  Piece,
  PieceRules,
  Rec,
  Records,
  Storage,
  StoredContent,
  Traits,
} from './contract.ts'
export { memory } from './memory.ts'
export { prefixed } from './prefixed.ts'
