import type { CallOptions } from '../registry.ts'
import type { Call, Storage } from '../storage/index.ts'
import type { Budget } from './budget.ts'
import type { FreedListener } from './freed.ts'
import type { Limits } from './usage/count.ts'

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
  /** Absent: nothing is counted. */
  readonly limits?: Limits
  /** Whether a rule of retention is about a repository, so that its manifests are used like links. Absent: about none. */
  readonly retains?: (repo: string) => boolean
  /** Is told what is freed. */
  readonly onFreed?: FreedListener
}

/** For steps that read: they end when the caller goes away. */
export function cancellable({ context, signal }: CallOptions): Call {
  return { ...(context ? { context } : {}), ...(signal ? { signal } : {}) }
}

/** For steps that write: once begun they are settled, whether or not the caller still waits. */
export function settled({ context }: CallOptions): Call {
  return context ? { context } : {}
}
