/**
 * Memory for uploads whose length nobody knows: what arrives of them is collected until it is a piece.
 *
 * A Worker's request may be killed without a word, and with it the upload that holds memory or waits for it. So
 * whoever does either gives signs of life; without one for {@link SILENCE} it is taken for dead once others wait.
 * @module
 */

/** What an upload was given. */
export interface Claim {
  /** A sign of life. Who was taken for dead has its bytes back at once, even if there are then too many in use. */
  readonly beat: () => void
  /** Gives the bytes back. */
  readonly release: () => void
}

/** Holds bytes or waits for them. */
interface Member {
  readonly bytes: number
  /** When it last gave a sign of life. */
  seen: number
}

interface Waiter extends Member {
  readonly grant: () => void
}

/** What is shared by all uploads of a process, unless a store has its own, in bytes. */
const SHARED = 48 * 1024 * 1024
/** Who is silent for so long is taken for dead, in milliseconds. */
const SILENCE = 60_000
/** Who waits looks so often within that time whether somebody has died. */
const LOOKS = 20

/** A number of bytes that uploads share. First come, first served; whoever finds nothing left waits. */
export class Budget {
  readonly size: number
  readonly #silence: number
  readonly #held = new Set<Member>()
  #queue: Waiter[] = []

  /** @param silence Milliseconds. */
  constructor(size: number, silence: number = SILENCE) {
    this.size = size
    this.#silence = silence
  }

  /** Whether somebody waits. */
  get awaited(): boolean {
    return this.#queue.length > 0
  }

  /** Bytes that are in use. */
  get used(): number {
    let sum = 0
    for (const { bytes } of this.#held) sum += bytes
    return sum
  }

  /**
   * Waits until so many bytes are free, and takes them. More than there are in all are given to one that is alone,
   * so nobody waits for ever as long as nobody waits while holding some.
   * @param signal Ends the waiting, with its reason.
   */
  async claim(bytes: number, signal?: AbortSignal): Promise<Claim> {
    signal?.throwIfAborted()
    const member =
      this.awaited || !this.#fits(bytes) ? await this.#wait(bytes, signal) : { bytes, seen: Date.now() }
    const beat = (): void => {
      member.seen = Date.now()
      this.#held.add(member)
    }
    beat()
    return {
      beat,
      release: () => {
        this.#held.delete(member)
        this.#admit()
      },
    }
  }

  async #wait(bytes: number, signal: AbortSignal | undefined): Promise<Member> {
    let leave = (): void => {}
    let looking: ReturnType<typeof setInterval> | undefined
    try {
      return await new Promise<Member>((resolve, reject) => {
        let waits = true
        const grant = (): void => {
          waits = false
          resolve(waiter)
        }
        const waiter: Waiter = { bytes, seen: Date.now(), grant }
        leave = () => {
          this.#queue = this.#queue.filter((one) => one !== waiter)
          reject(signal?.reason)
          this.#admit()
        }
        signal?.addEventListener('abort', leave, { once: true })
        looking = setInterval(() => {
          waiter.seen = Date.now()
          // A machine that slept may have had us for dead.
          if (waits && !this.#queue.includes(waiter)) this.#queue.push(waiter)
          this.#bury()
          this.#admit()
        }, this.#silence / LOOKS)
        this.#queue.push(waiter)
      })
    } finally {
      clearInterval(looking)
      signal?.removeEventListener('abort', leave)
    }
  }

  /** Forgets who is silent. */
  #bury(): void {
    const now = Date.now()
    const isAlive = ({ seen }: Member): boolean => now - seen < this.#silence
    for (const member of this.#held) if (!isAlive(member)) this.#held.delete(member)
    this.#queue = this.#queue.filter(isAlive)
  }

  #admit(): void {
    for (let next = this.#queue[0]; next && this.#fits(next.bytes); next = this.#queue[0]) {
      this.#queue.shift()
      next.seen = Date.now()
      this.#held.add(next)
      next.grant()
    }
  }

  #fits(bytes: number): boolean {
    const { used } = this
    return used === 0 || used + bytes <= this.size
  }
}

/** For stores without a budget of their own. */
export const sharedBudget: Budget = new Budget(SHARED)
