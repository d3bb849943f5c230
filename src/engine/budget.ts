/**
 * Memory for uploads whose length nobody knows: what arrives of them is collected until it is a piece.
 * @module
 */

interface Waiter {
  readonly bytes: number
  readonly grant: () => void
}

/** What is shared by all uploads of a process, unless a store has its own, in bytes. */
const SHARED = 48 * 1024 * 1024

/** A number of bytes that uploads share. First come, first served; whoever finds nothing left waits. */
export class Budget {
  readonly size: number
  #used = 0
  #queue: Waiter[] = []

  constructor(size: number) {
    this.size = size
  }

  /** Whether somebody waits. */
  get awaited(): boolean {
    return this.#queue.length > 0
  }

  /** Bytes that are in use. */
  get used(): number {
    return this.#used
  }

  /**
   * Waits until so many bytes are free, and takes them. More than there are in all are given to one that is alone,
   * so nobody waits for ever as long as nobody waits while holding some.
   * @param signal Ends the waiting, with its reason.
   * @returns gives them back.
   */
  async claim(bytes: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.awaited || !this.#fits(bytes)) await this.#wait(bytes, signal)
    else this.#used += bytes
    return () => {
      this.#used -= bytes
      this.#admit()
    }
  }

  #wait(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        bytes,
        grant: () => {
          signal?.removeEventListener('abort', leave)
          resolve()
        },
      }
      const leave = (): void => {
        this.#queue = this.#queue.filter((one) => one !== waiter)
        reject(signal?.reason)
        this.#admit()
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#queue.push(waiter)
    })
  }

  #admit(): void {
    for (let next = this.#queue[0]; next && this.#fits(next.bytes); next = this.#queue[0]) {
      this.#queue.shift()
      this.#used += next.bytes
      next.grant()
    }
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.size
  }
}

/** For stores without a budget of their own. */
export const sharedBudget: Budget = new Budget(SHARED)
