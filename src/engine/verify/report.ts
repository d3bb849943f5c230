/**
 * What a check says: each thing that is wrong, and how it went.
 * @module
 */

import type { Digest, Tag } from '../../oci/index.ts'

/**
 * What is wrong, for programs.
 *
 * Damage: something was lost, and only a push or a copy brings it back.
 * - `blob-missing`, `blob-size`: the bytes of a blob are gone, or not as many as there were. Clients are told that it is
 *   absent, so a push heals it.
 * - `blob-digest`: as many bytes, but other ones. Repair sets the blob aside, so that a push heals it.
 * - `link`, `manifest`, `tag`, `record`: the record of a blob in a repository, of a manifest, of a tag, or of the
 *   registry's own work cannot be read or says what cannot be. Repair sets it aside.
 * - `reference`: a manifest refers to what its repository does not have.
 * - `tag-target`, `referrer-target`: a tag, or an entry in a list of referrers, names a manifest that is not there. Of
 *   a referrer, repair sets the entry aside.
 *
 * Disagreement: what is derived is not what it is derived from. Repair writes it anew.
 * - `link-size`, `manifest-header`, `tag-reverse`, `referrer`, `catalog`.
 *
 * Neither: nothing is wrong with what is served, and nobody touches it.
 * - `stray-record`, `stray-content`, `stray-file`: nothing of the registry knows it.
 * - `set-aside`: what an earlier repair took out of use.
 *
 * `unreadable`: the storage failed, so that it is not known.
 */
export type Problem =
  | 'blob-missing'
  | 'blob-size'
  | 'blob-digest'
  | 'link'
  | 'manifest'
  | 'tag'
  | 'record'
  | 'reference'
  | 'tag-target'
  | 'referrer-target'
  | 'link-size'
  | 'manifest-header'
  | 'tag-reverse'
  | 'referrer'
  | 'catalog'
  | 'stray-record'
  | 'stray-content'
  | 'stray-file'
  | 'set-aside'
  | 'unreadable'

/** Something that a check has found. */
export interface Finding {
  /** What is wrong. */
  readonly problem: Problem
  /** The same in a sentence. */
  readonly text: string
  /** The key of the record, the place of the content, or the path of the file. */
  readonly at: string
  /** The repository that it belongs to. */
  readonly repository?: string
  /** The blob or manifest that it is about. */
  readonly digest?: Digest
  /** What a manifest refers to and is not there. */
  readonly reference?: Digest
  /** The tag that it is about. */
  readonly tag?: Tag
  /** Where the bytes of a blob lie. */
  readonly place?: string
  /**
   * `found`: nothing was changed. `mended`: it is as it should be. `set aside`: taken out of use, so that a push
   * heals it; the record lies under a key that begins with `damaged/`, and the bytes where they were.
   */
  readonly outcome: Outcome
}

/** What became of a finding. */
export type Outcome = 'found' | 'mended' | 'set aside'

/** What a check has seen. */
export interface CheckReport {
  /** Repositories that have a manifest. */
  readonly repositories: number
  /** Manifests, whose bytes were all hashed. */
  readonly manifests: number
  /** Tags. */
  readonly tags: number
  /** Entries in lists of referrers. */
  readonly referrers: number
  /** Blobs, once for each repository that has them. */
  readonly blobs: number
  /** Contents whose bytes were hashed. */
  readonly hashed: number
  /** Those bytes. */
  readonly bytes: number
  /** Contents that were looked at for whether anything names them; `null` if the storage cannot list them. */
  readonly contents: number | null
  /** Findings that are damage or disagreement and were not mended: 0 if all is whole. */
  readonly damaged: number
  /** Findings that were mended. */
  readonly mended: number
  /** Of those damaged, what was set aside now. */
  readonly setAside: number
  /** Findings that nothing of the registry knows. */
  readonly strays: number
  /** What could not be read. */
  readonly unreadable: number
  /** The first 1,000 findings; `onFinding` gets all. */
  readonly findings: readonly Finding[]
  /** Where to go on, if the check was cut short; `null` if it has seen everything. */
  readonly cursor: string | null
}

/** Numbers that grow while a check runs. */
export type Counts = {
  -readonly [Name in Exclude<keyof CheckReport, 'findings' | 'cursor'>]: CheckReport[Name]
}

/** Findings that a report holds. */
const MAX_FINDINGS = 1000

const HARMLESS: readonly Problem[] = [
  'stray-record',
  'stray-content',
  'stray-file',
  'set-aside',
  'unreadable',
]

/** Collects what a check sees. */
export class Tally {
  readonly counts: Counts = {
    repositories: 0,
    manifests: 0,
    tags: 0,
    referrers: 0,
    blobs: 0,
    hashed: 0,
    bytes: 0,
    contents: null,
    damaged: 0,
    mended: 0,
    setAside: 0,
    strays: 0,
    unreadable: 0,
  }
  readonly #findings: Finding[] = []
  readonly #tell: (finding: Finding) => void

  constructor(tell: (finding: Finding) => void) {
    this.#tell = tell
  }

  add(finding: Finding): void {
    const { problem, outcome } = finding
    const { counts } = this
    if (problem.startsWith('stray-')) counts.strays++
    if (problem === 'unreadable') counts.unreadable++
    if (outcome === 'mended') counts.mended++
    else if (!HARMLESS.includes(problem)) counts.damaged++
    if (outcome === 'set aside') counts.setAside++
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(finding)
    this.#tell(finding)
  }

  report(cursor: string | null): CheckReport {
    return { ...this.counts, findings: this.#findings, cursor }
  }
}
