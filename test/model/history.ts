/**
 * What the clients have tried, when, and what they were told: enough to say what must be there.
 * @module
 */

/** Something that can be there or not: a blob or a manifest in a repository, or a tag. */
export type Thing = `${'blob' | 'manifest' | 'tag'} ${string} ${string}`

/** `seen` means that a call could only succeed because the thing was there. */
export interface Event {
  readonly thing: Thing
  readonly kind: 'put' | 'delete' | 'seen'
  /** What a tag was set to. */
  readonly value: string
  readonly start: number
  /** By the clock: a blob that is promised is there until then, an acknowledged manifest until it is deleted. */
  readonly until: number
  /** Infinity for a client that never came back: the effect may come at any time. */
  end: number
  acknowledged: boolean
}

export class History {
  readonly #events: Event[] = []

  /** A call begins; whoever never ends it may still take effect. */
  begin(
    thing: Thing,
    kind: Event['kind'],
    start: number,
    value = '',
    until = Number.POSITIVE_INFINITY,
  ): Event {
    const end = Number.POSITIVE_INFINITY
    const event: Event = { thing, kind, value, start, until, end, acknowledged: false }
    this.#events.push(event)
    return event
  }

  of(thing: Thing): readonly Event[] {
    return this.#events.filter((event) => event.thing === thing)
  }

  things(): Thing[] {
    return [...new Set(this.#events.map((event) => event.thing))]
  }

  /** A blob or a manifest must be there all the time from `from` to `to`, of which the latter is `clock` by the clock. */
  mustBeThere(thing: Thing, from: number, to: number, clock: number): boolean {
    const events = this.of(thing)
    return events.some(
      (put) =>
        put.kind !== 'delete' &&
        put.acknowledged &&
        put.end < from &&
        clock < put.until &&
        !events.some((other) => other.kind === 'delete' && other.end > put.start && other.start < to),
    )
  }

  /** A blob or a manifest must be absent all the time from `from` to `to`. */
  mustBeGone(thing: Thing, from: number, to: number): boolean {
    const events = this.of(thing)
    const puts = events.filter((event) => event.kind === 'put' && event.start < to)
    return (
      puts.length === 0 ||
      events.some(
        (event) =>
          event.kind === 'delete' &&
          event.acknowledged &&
          event.end < from &&
          !puts.some((put) => put.end > event.start),
      )
    )
  }

  /** What a tag must name now: `null` for nothing, `undefined` if calls overlapped and it may be several things. */
  tagValue(tag: Thing, manifestOf: (digest: string) => Thing): string | null | undefined {
    if (this.of(tag).length === 0) return null
    const last = this.#last(tag)
    if (!last) return undefined
    if (last.kind === 'delete') return null
    const deletes = this.of(manifestOf(last.value)).filter((event) => event.kind === 'delete')
    return deletes.every((event) => event.end < last.start) ? last.value : undefined
  }

  /**
   * The manifest that a tag must name if that manifest is there: it came with the tag, and nobody else has
   * pushed it since, so that every delete that overlapped took effect before.
   */
  tagOfPush(tag: Thing, manifestOf: (digest: string) => Thing): string | undefined {
    const last = this.#last(tag)
    if (last?.kind !== 'put') return undefined
    const pushes = this.of(manifestOf(last.value)).filter((event) => event.kind === 'put')
    const later = pushes.filter((event) => event.start !== last.start && event.end > last.start)
    return later.length === 0 ? last.value : undefined
  }

  /** The acknowledged change of a tag before which all others had ended. */
  #last(tag: Thing): Event | undefined {
    const events = this.of(tag)
    return events.find(
      (one) => one.acknowledged && events.every((other) => other === one || other.end < one.start),
    )
  }
}
