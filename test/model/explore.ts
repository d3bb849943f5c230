/**
 * A small explicit-state model checker: visits every state that some interleaving of the processes reaches,
 * nearest first, so that a violation comes with a shortest trace.
 * @module
 */

/** One atomic step of a process. */
export interface Step<S> {
  readonly label: string
  readonly next: S
}

/** What a process can do in a state: nothing (it has ended or waits), one step, or a choice of several. */
export type Process<S> = (state: S) => Iterable<Step<S>>

/** A system to explore. A state is plain data whose fields always come in the same order. */
export interface System<S> {
  readonly initial: S
  readonly processes: readonly Process<S>[]
  /** What is wrong with a state; `null` if nothing. */
  readonly invariant: (state: S) => string | null
}

/** What was found. */
export interface Exploration {
  readonly states: number
  /** Every reachable state was visited. */
  readonly complete: boolean
  readonly violation: string | null
  /** The steps that lead to the violation. */
  readonly trace: readonly string[]
}

/** How a state was first reached. */
interface Origin {
  readonly from: number
  readonly label: string
}

/** Explores at most `limit` states, breadth first. */
export function explore<S>(system: System<S>, limit: number): Exploration {
  const seen = new Set([JSON.stringify(system.initial)])
  const queue: S[] = [system.initial]
  const origins: Origin[] = [{ from: -1, label: '' }]
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at]!
    const violation = system.invariant(state)
    if (violation !== null) return { states: seen.size, complete: false, violation, trace: path(origins, at) }
    for (const { label, next } of system.processes.flatMap((process) => [...process(state)])) {
      const key = JSON.stringify(next)
      if (seen.has(key)) continue
      if (seen.size >= limit) return { states: seen.size, complete: false, violation: null, trace: [] }
      seen.add(key)
      queue.push(next)
      origins.push({ from: at, label })
    }
  }
  return { states: seen.size, complete: true, violation: null, trace: [] }
}

function path(origins: readonly Origin[], end: number): string[] {
  const labels: string[] = []
  for (let at = end; at > 0; at = origins[at]!.from) labels.unshift(origins[at]!.label)
  return labels
}
