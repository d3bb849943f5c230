import type { Subject } from './subject.ts'

/** Subjects that are compared with one of them. */
export interface Group extends AsyncDisposable {
  /** Each is found on its own; a rejection says why it cannot be had. */
  readonly subjects: Readonly<Record<string, () => Promise<Subject>>>
  /** The one that the others are compared with. */
  readonly against: string
}

/** How a group is found. @throws Error that says why it cannot be had. */
export type FindGroup = (means: Means) => Promise<Group>

/** What there is to make a group with. */
interface Means {
  /** Whether what is absent may be installed. */
  readonly install: boolean
  /** Ocikit's command. */
  readonly command: string
}
