import type { CallOptions } from '../registry.ts'
import type { Call, Storage } from '../storage/index.ts'
import type { Budget } from './budget.ts'

/** What every part of the engine stands on. */
export interface Core {
  readonly storage: Storage
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** How long what nobody refers to is kept, in milliseconds: G of the collection protocol. */
  readonly grace: number
  /** Accept manifests whose references are absent. */
  readonly sparse: boolean
  /** Memory for uploads of unknown length. */
  readonly budget: Budget
  /** How long URLs of the storage are valid. */
  readonly urlSeconds: number
}

/** For steps that read: they end when the caller goes away. */
export function cancellable({ context, signal }: CallOptions): Call {
  return { ...(context ? { context } : {}), ...(signal ? { signal } : {}) }
}

/** For steps that write: once begun they are settled, whether or not the caller still waits. */
export function settled({ context }: CallOptions): Call {
  return context ? { context } : {}
}
