/**
 * What clients were told: facts that a registry has to stand by after a crash.
 * @module
 */

/** What must be true of one thing; `unknown` while a request about it has no answer. */
export type Fact = 'present' | 'absent' | 'unknown'

/** One write of a tag. Times count events, not milliseconds. */
export interface TagWrite {
  /** `null` for a removal. */
  readonly digest: string | null
  readonly started: number
  /** When nothing more could come of it: its answer, or the death of the server. */
  ended: number
  acknowledged: boolean
}

/** An upload session whose blob was not acknowledged. */
export interface OpenSession {
  readonly repo: string
  readonly digest: string
  readonly bytes: Buffer<ArrayBuffer>
  location: string
  /** Bytes that an answer has confirmed. */
  acknowledged: number
  /** Bytes that may have left the client. */
  sent: number
  /** A request has no answer. */
  busy: boolean
  /** That request names the digest. */
  finishing: boolean
  /** When its server was killed, in milliseconds. */
  killed?: number
}

/** What a request changes if it succeeds. */
export interface Change {
  readonly keys: readonly string[]
  readonly to: 'present' | 'absent'
  readonly tags?: readonly { readonly key: string; readonly digest: string | null }[]
}

/** The memory of all clients of one folder. */
export class Ledger {
  readonly facts = new Map<string, Fact>()
  /** Since which round each fact holds. */
  readonly rounds = new Map<string, number>()
  readonly tags = new Map<string, TagWrite[]>()
  /** Manifests by digest, byte for byte. */
  readonly manifests = new Map<string, { bytes: Buffer<ArrayBuffer>; blobs: readonly string[] }>()
  readonly sessions = new Set<OpenSession>()
  /** Repositories in which a manifest was acknowledged. */
  readonly repositories = new Set<string>()
  round = 0
  acknowledged = 0
  #clock = 0
  #watch: (tags: number) => void = () => {}

  /** Sends a request that changes something; what it changes is unknown until it is answered. */
  async change(change: Change, send: () => Promise<void>): Promise<void> {
    const started = ++this.#clock
    for (const key of change.keys) {
      if (this.facts.get(key) !== change.to) this.facts.set(key, 'unknown')
      this.rounds.set(key, this.round)
    }
    const writes = (change.tags ?? []).map(({ key, digest }) => {
      const write: TagWrite = { digest, started, ended: Number.POSITIVE_INFINITY, acknowledged: false }
      this.history(key).push(write)
      return write
    })
    await send()
    this.acknowledged++
    for (const key of change.keys) {
      this.facts.set(key, change.to)
      if (key.startsWith('manifest ')) this.repositories.add(key.split(' ')[1]!)
    }
    for (const write of writes) Object.assign(write, { ended: ++this.#clock, acknowledged: true })
    this.#watch(writes.length)
  }

  history(tag: string): TagWrite[] {
    const history = this.tags.get(tag) ?? []
    this.tags.set(tag, history)
    return history
  }

  /** Resolves after so many further answers, of tag writes only if so asked, or when `limit` settles. */
  async more(answers: number, limit: Promise<unknown>, tagged = false): Promise<void> {
    let left = answers
    const reached = new Promise<void>((resolve) => {
      if (left <= 0) resolve()
      this.#watch = (tags) => (!tagged || tags > 0) && --left <= 0 && resolve()
    })
    await Promise.race([reached, limit])
  }

  /** The server is dead: whatever was under way has happened by now or never will. */
  crash(): void {
    this.round++
    for (const history of this.tags.values())
      for (const write of history) write.ended = Math.min(write.ended, ++this.#clock)
    for (const session of this.sessions) session.killed ??= Date.now()
  }

  /** Whether a tag may name `digest` (`null`: nothing) now that nobody writes. */
  mayBe(tag: string, digest: string | null): boolean {
    const history = this.history(tag)
    const before: TagWrite = { digest: null, started: 0, ended: 0, acknowledged: true }
    return [before, ...history].some(
      (write) =>
        write.digest === digest &&
        !history.some((later) => later.acknowledged && later.started > write.ended),
    )
  }

  /** From now on the tag is what was seen. */
  saw(tag: string, digest: string | null): void {
    const at = ++this.#clock
    this.tags.set(tag, [{ digest, started: at, ended: at, acknowledged: true }])
  }
}

/** Spells the key of a fact. */
export const keyOf = {
  blob: (repo: string, digest: string) => `blob ${repo} ${digest}`,
  manifest: (repo: string, digest: string) => `manifest ${repo} ${digest}`,
  referrer: (repo: string, subject: string, digest: string) => `referrer ${repo} ${subject} ${digest}`,
  tag: (repo: string, tag: string) => `${repo} ${tag}`,
}
