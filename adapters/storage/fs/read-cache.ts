/** What is kept, and how much of it. */
export interface CacheLimits<T> {
  /** Most that all kept values may cost together, in bytes. */
  readonly max: number
  /** What a value costs to keep, in bytes; `null` if it is not to be kept. */
  costOf(value: T): number | null
}

interface Kept<T> {
  readonly value: T
  readonly cost: number
}

/**
 * What was read from the disk lately, by path. The lock on the folder makes this safe: nobody else changes what is
 * in it. A writer forgets a path after each change, also a read of it that is still under way and may have seen
 * what was before.
 */
export class ReadCache<T> {
  readonly #limits: CacheLimits<T>
  readonly #kept = new Map<string, Kept<T>>()
  readonly #reading = new Map<string, Promise<T>>()
  #cost = 0

  constructor(limits: CacheLimits<T>) {
    this.#limits = limits
  }

  /** What is at a path, by `read` if it is not kept. Everybody gets the same value: it must not be changed. */
  async get(path: string, read: (path: string) => Promise<T>): Promise<T> {
    const kept = this.#kept.get(path)
    if (kept === undefined) return this.#reading.get(path) ?? this.#read(path, read)
    // The one used last is last in line to go.
    this.#kept.delete(path)
    this.#kept.set(path, kept)
    return kept.value
  }

  /** What is kept of a path, without a read. */
  peek(path: string): T | undefined {
    return this.#kept.get(path)?.value
  }

  /** Keeps what is at a path now. */
  set(path: string, value: T): void {
    this.#reading.delete(path)
    this.#keep(path, value)
  }

  /** To be called after each change of what is at a path, before the change is acknowledged. */
  forget(path: string): void {
    this.#reading.delete(path)
    this.#drop(path)
  }

  #drop(path: string): void {
    const kept = this.#kept.get(path)
    if (kept === undefined) return
    this.#kept.delete(path)
    this.#cost -= kept.cost
  }

  #read(path: string, read: (path: string) => Promise<T>): Promise<T> {
    const reading = read(path).then(
      (value) => {
        if (this.#reading.get(path) === reading) {
          this.#reading.delete(path)
          this.#keep(path, value)
        }
        return value
      },
      (error) => {
        if (this.#reading.get(path) === reading) this.#reading.delete(path)
        throw error
      },
    )
    this.#reading.set(path, reading)
    return reading
  }

  #keep(path: string, value: T): void {
    this.#drop(path)
    const cost = this.#limits.costOf(value)
    if (cost === null || cost > this.#limits.max) return
    this.#kept.set(path, { value, cost })
    this.#cost += cost
    for (const oldest of this.#kept.keys()) {
      if (this.#cost <= this.#limits.max) break
      this.forget(oldest)
    }
  }
}
