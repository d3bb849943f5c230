/**
 * Writes down what a client tries and is told, and says so when an answer cannot be right.
 * @module
 */

import { RegistryError } from '../../src/oci/index.ts'
import type { Body } from '../../src/registry.ts'
import type { Event, Thing } from './history.ts'
import type { Arrival } from './programs.ts'
import { InjectedError } from './scheduler.ts'
import type { World } from './world.ts'

/** The client's own connection breaks. */
class BrokenBody extends Error {}

/** What one client tries, call after call. */
export class Witness {
  readonly world: World
  /** When the present call began. */
  start = 0
  /** The same by the clock. */
  #clock = 0
  #events: Event[] = []

  constructor(world: World) {
    this.world = world
  }

  /** A call begins. */
  open(text: string): void {
    this.#events = []
    this.#clock = this.world.now
    this.start = this.world.scheduler.mark(text)
  }

  /** Ends the events of a call. */
  close(acknowledged: boolean, error?: unknown): void {
    const end = this.world.scheduler.mark('answered')
    for (const event of this.#events) Object.assign(event, { end, acknowledged })
    if (error === undefined || error instanceof InjectedError || error instanceof BrokenBody) return
    if (error instanceof RegistryError && error.status >= 400 && error.status < 500) return
    const text = error instanceof Error ? error.stack : `${error}`
    this.world.violate(`a client was shown an error that is not its fault: ${text}`)
  }

  /** The call may put or delete something. */
  begin(thing: Thing, kind: Event['kind'], value?: string): void {
    const until = this.world.promised(thing, this.#clock)
    this.#events.push(this.world.history.begin(thing, kind, this.start, value, until))
  }

  /** Refused because a thing is not there. */
  absent(error: unknown, code: string, things: readonly Thing[]): never {
    const now = this.world.scheduler.time
    if (error instanceof RegistryError && error.code === code) {
      for (const event of this.#events) Object.assign(event, { kind: 'seen' })
      for (const thing of things) {
        if (this.world.history.mustBeThere(thing, this.start, now, this.world.now))
          this.world.violate(`${code}, but it must be there: ${thing}`)
      }
    }
    throw error
  }

  /** The call could only succeed because something is there, and promises that it stays for a while. */
  seen(thing: Thing): void {
    this.read(thing)
    this.begin(thing, 'seen')
  }

  /** The call could only succeed because something is there. */
  read(thing: Thing): void {
    const now = this.world.scheduler.time
    if (this.world.history.mustBeGone(thing, this.start, now))
      this.world.violate(`seen, but it must be gone: ${thing}`)
  }

  /** Reports what is wrong, if anything. */
  wrong(what: string | null): void {
    if (what !== null) this.world.violate(what)
  }

  /** Bytes on their way. */
  body(bytes: Uint8Array, arrival: Arrival): Body {
    if (arrival === 'bytes') return bytes
    const { scheduler } = this.world
    const end = arrival === 'broken' ? Math.floor(bytes.length / 2) : bytes.length
    let at = 0
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await scheduler.turn('body')
          if (at < end) return controller.enqueue(bytes.slice(at, ++at))
          if (arrival === 'broken') controller.error(new BrokenBody('the connection broke'))
          else controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }
}
