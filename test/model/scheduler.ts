/**
 * Decides who moves next. Every storage call, and every chunk of a body, waits here for its turn; one is
 * let go at a time, chosen by the numbers of the test case, and the next only when nothing moves any more.
 * So a run is exactly repeatable, and any waiting call may overtake any other.
 * @module
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nothingMoves } from 'node:timers/promises'

/** What may go wrong with a storage call. */
export type Fault =
  /** The call fails, and had no effect. */
  | 'error'
  /** The call fails, but had its effect. */
  | 'late error'
  /** The client stops for ever, and the call has no effect. */
  | 'crash'
  /** The client stops for ever after the call had its effect. */
  | 'late crash'
  /** The client stops for ever; the effect comes some time later. */
  | 'orphan'
  /** The call takes effect when everybody else has ended or waits as well. */
  | 'slow call'
  /** The same for the answer. */
  | 'slow answer'

/** A fault that befalls the n-th storage call of a client, among those whose label begins with `on`. */
export interface Planned {
  readonly client: number
  readonly on: string
  readonly call: number
  readonly fault: Fault
}

interface Waiting {
  readonly client: number
  readonly label: string
  readonly go: () => void
  readonly slow: boolean
}

/** More steps than this and a run counts as endless. */
const MAX_STEPS = 20_000

export class Scheduler {
  readonly trace: string[] = []
  /** Moves on with every step and every mark: an order of all that happens. */
  time = 0
  readonly #faults: { plan: Planned; left: number }[]
  readonly #picks: readonly number[]
  readonly #dead = new Set<number>()
  readonly #client = new AsyncLocalStorage<number>()
  #waiting: Waiting[] = []
  #steps = 0

  constructor(picks: readonly number[], faults: readonly Planned[]) {
    this.#picks = picks
    this.#faults = faults.map((plan) => ({ plan, left: plan.call }))
  }

  /** Runs the program of a client: all that it waits for in there waits in its name. */
  as<T>(client: number, program: () => Promise<T>): Promise<T> {
    return this.#client.run(client, program)
  }

  /** Whether a client has stopped for ever. */
  isDead(client: number): boolean {
    return this.#dead.has(client)
  }

  /** A moment in the order of all that happens. */
  mark(text: string): number {
    this.trace.push(`${this.#who()} ${text}`)
    return ++this.time
  }

  /** Resolves when it is this caller's turn: at once for the test itself, never for a client that has stopped. */
  turn(label: string, slow = false): Promise<void> {
    const client = this.#client.getStore()
    if (client === undefined) return Promise.resolve()
    return new Promise((go) => {
      if (!this.#dead.has(client)) this.#waiting.push({ client, label, go, slow })
    })
  }

  /** Runs a storage call: its effect in one turn, its answer in another, with the fault planned for it. */
  async call<T>(label: string, effect: () => Promise<T>): Promise<T> {
    const client = this.#client.getStore()
    if (client === undefined) return effect()
    const fault = this.#faultOf(client, label)
    await this.turn(label, fault === 'slow call')
    if (fault !== undefined) this.trace.push(`${this.#who()} -- ${fault} at: ${label}`)
    if (fault === 'error') throw new InjectedError(label)
    if (fault === 'crash') return this.#die(client)
    if (fault === 'orphan') {
      this.#waiting.push({
        client: -1,
        label: `${label} (orphan)`,
        slow: true,
        go: () => void effect().catch(() => {}),
      })
      return this.#die(client)
    }
    const result = await effect()
    if (fault === 'late error') throw new InjectedError(label)
    if (fault === 'late crash') return this.#die(client)
    await this.turn(`${label} answered`, fault === 'slow answer')
    return result
  }

  /** Lets everybody go on, one at a time, until nobody waits. `afterEach` runs between two steps. */
  async run(afterEach: (label: string) => Promise<void>): Promise<void> {
    for (;;) {
      await nothingMoves()
      if (this.#waiting.length === 0) return
      if (++this.#steps > MAX_STEPS) throw new Error('this run does not end')
      const pick = this.#picks[this.#steps % Math.max(1, this.#picks.length)] ?? 0
      const quick = this.#waiting.filter((waiting) => !waiting.slow)
      const among = quick.length > 0 ? quick : this.#waiting
      const next = among[pick % among.length]!
      this.#waiting.splice(this.#waiting.indexOf(next), 1)
      this.time++
      this.trace.push(`${next.client} ${next.label}`)
      next.go()
      await nothingMoves()
      await afterEach(next.label)
    }
  }

  #faultOf(client: number, label: string): Fault | undefined {
    let fault: Fault | undefined
    for (const one of this.#faults) {
      const { plan } = one
      if (plan.client === client && label.startsWith(plan.on) && --one.left === 0) fault ??= plan.fault
    }
    return fault
  }

  #die(client: number): Promise<never> {
    this.#dead.add(client)
    this.#waiting = this.#waiting.filter((waiting) => waiting.client !== client)
    return new Promise(() => {})
  }

  #who(): string {
    return `${this.#client.getStore() ?? '-'}`
  }
}

/** A fault that the test has made. */
export class InjectedError extends Error {
  override readonly name = 'InjectedError'
}
