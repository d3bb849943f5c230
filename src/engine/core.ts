import type { Storage } from '../storage/index.ts'

/** What every part of the engine stands on. */
export interface Core {
  readonly storage: Storage
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** How long what nobody refers to is kept, in milliseconds: G of the collection protocol. */
  readonly grace: number
  /** Accept manifests whose references are absent. */
  readonly sparse: boolean
}
