import type { Rec } from '../../../src/storage/contract.ts'

/** Bytes of values that are kept. */
const MAX_BYTES = 16 * 1024 * 1024
/** A larger value is read again: it would push out many small ones. */
const MAX_VALUE = 64 * 1024
/** What an entry costs beside its value. */
const OVERHEAD = 512

/**
 * Records that were read lately. The lock on the folder makes this safe: nobody else changes its files. A writer
 * forgets the record after each change, also a read of it that is still under way and may have seen what was
 * before.
 */
export class RecordCache {
  readonly #kept = new Map<string, Rec>()
  readonly #reading = new Map<string, Promise<Rec | null>>()
  #bytes = 0

  /** The record of a file, by `read` if it is not kept. The value is the caller's own. */
  async get(file: string, read: (file: string) => Promise<Rec | null>): Promise<Rec | null> {
    const kept = this.#kept.get(file)
    if (kept === undefined) {
      const rec = await (this.#reading.get(file) ?? this.#read(file, read))
      return rec && copyOf(rec)
    }
    // The one used last is last in line to go.
    this.#kept.delete(file)
    this.#kept.set(file, kept)
    return copyOf(kept)
  }

  /** To be called after each change of a file, before the change is acknowledged. */
  forget(file: string): void {
    this.#reading.delete(file)
    const kept = this.#kept.get(file)
    if (kept === undefined) return
    this.#kept.delete(file)
    this.#bytes -= kept.value.length + OVERHEAD
  }

  #read(file: string, read: (file: string) => Promise<Rec | null>): Promise<Rec | null> {
    const reading = read(file).then(
      (rec) => {
        if (this.#reading.get(file) === reading) {
          this.#reading.delete(file)
          if (rec !== null) this.#keep(file, rec)
        }
        return rec
      },
      (error) => {
        if (this.#reading.get(file) === reading) this.#reading.delete(file)
        throw error
      },
    )
    this.#reading.set(file, reading)
    return reading
  }

  #keep(file: string, rec: Rec): void {
    if (rec.value.length > MAX_VALUE) return
    this.#kept.set(file, rec)
    this.#bytes += rec.value.length + OVERHEAD
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= MAX_BYTES) break
      this.forget(oldest)
    }
  }
}

function copyOf(rec: Rec): Rec {
  return {
    value: rec.value.slice(),
    modified: rec.modified,
    get version() {
      return rec.version
    },
  }
}
