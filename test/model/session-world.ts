/**
 * A state of the upload session model.
 * @module
 */

export type Job = 'write' | 'finish' | 'cancel'

interface End {
  offset: number
  file: number
  /** What was acknowledged up to here. */
  bytes: string
  overtaken: boolean
}
interface Begin {
  who: number
  job: Job
}
/** `bytes` is `null` once it was removed. */
interface File {
  bytes: string | null
  sealed: boolean
}
export interface Client {
  at: 'idle' | 'begin' | 'ground' | 'first' | 'second' | 'end' | 'seal' | 'link' | 'remove'
  job: number
  n: number
  file: number
}
/** Everything that the clients share, and where each of them stands. */
export interface SessionWorld {
  begins: (Begin | null)[]
  ends: (End | null)[]
  files: File[]
  /** Where the readable blob lies, and which bytes its digest stands for. */
  link: { file: number; bytes: string } | null
  /** Attempts whose bytes were acknowledged. */
  acknowledged: number[]
  clients: Client[]
}
