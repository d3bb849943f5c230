/**
 * The upload session protocol as a model: a log with two exclusive keys for each attempt, files that are
 * written in place, and clients that may be overtaken at every step (no clock decides anything) and go on
 * as if nothing had happened.
 * @module
 */

import type { Process, Step, System } from './explore.ts'
import type { Client, Job, SessionWorld } from './session-world.ts'

/** The rules that make the protocol safe; a test takes them away one by one. */
export interface SessionRules {
  /** Whoever goes on after an overtaken attempt copies the bytes first. */
  readonly fork: boolean
  /** Only one client can begin an attempt. */
  readonly claim: boolean
  /** Only one client can end an attempt. */
  readonly exclusiveEnd: boolean
  /** A cancel leaves sealed bytes alone: an overtaken finish may still link them. */
  readonly keepSealed: boolean
}

export const RULES: SessionRules = { fork: true, claim: true, exclusiveEnd: true, keepSealed: true }

/** A system of clients, each with its list of jobs. */
export function sessionSystem(
  jobs: readonly (readonly Job[])[],
  rules: SessionRules = RULES,
): System<SessionWorld> {
  const idle = (): Client => ({ at: 'idle', job: 0, n: 0, file: -1 })
  return {
    initial: {
      begins: [null],
      ends: [{ offset: 0, file: 0, bytes: '', overtaken: false }],
      files: [{ bytes: '', sealed: false }],
      link: null,
      acknowledged: [],
      clients: jobs.map(idle),
    },
    processes: jobs.map((list, who) => client(who, list, rules)),
    invariant,
  }
}

function invariant({ ends, files, link, acknowledged }: SessionWorld): string | null {
  const end = ends.at(-1)!
  const stored = files[end.file]!.bytes
  if (stored !== null && stored.slice(0, end.offset) !== end.bytes)
    return `stored ${stored}, acknowledged ${end.bytes}`
  if (new Set(acknowledged).size !== acknowledged.length) return 'two acknowledgements for one attempt'
  if (end.bytes.length !== 2 * acknowledged.length) return 'an acknowledged chunk is missing'
  if (link && files[link.file]!.bytes?.slice(0, link.bytes.length) !== link.bytes)
    return `the blob is not ${link.bytes}`
  return null
}

function client(who: number, jobs: readonly Job[], rules: SessionRules): Process<SessionWorld> {
  return (world) => {
    const me = world.clients[who]!
    const job = jobs[me.job]
    if (job === undefined) return []
    const step = (label: string, change: (next: SessionWorld, me: Client) => void): Step<SessionWorld> => {
      const next = structuredClone(world)
      change(next, next.clients[who]!)
      return { label: `client ${who}: ${label}`, next }
    }
    const over = (next: Client): void => {
      Object.assign(next, { at: 'idle', job: next.job + 1, n: 0, file: -1 })
    }
    const answer = (label: string): Step<SessionWorld> => step(label, (_, next) => over(next))
    const base = world.ends[me.n - 1] ?? null

    switch (me.at) {
      case 'idle':
        return [
          step('reads the log', (next, mine) => {
            mine.n = next.ends.length
            mine.at = 'begin'
          }),
        ]
      case 'begin': {
        const taken = world.begins[me.n] ?? null
        if (!taken || !rules.claim) {
          return [
            step(`begins attempt ${me.n} (${job})`, (next, mine) => {
              next.begins[me.n] = { who, job }
              mine.at = job === 'cancel' ? 'remove' : 'ground'
            }),
          ]
        }
        if (taken.job === 'cancel' || (taken.job === 'finish' && world.link && !world.ends[me.n]))
          return [answer('finds the session ended')]
        const steps = [answer(`finds attempt ${me.n} taken`)]
        if (world.ends[me.n] && rules.exclusiveEnd) return steps
        steps.push(
          step(`overtakes attempt ${me.n}`, (next, mine) => {
            next.ends[me.n] = { ...base!, overtaken: true }
            Object.assign(mine, { at: 'idle', n: 0 })
          }),
        )
        return steps
      }
      case 'ground': {
        const copies = base!.overtaken && rules.fork
        if (copies && world.files[base!.file]!.bytes === null) return [answer('finds the bytes gone')]
        return [
          step(copies ? 'copies the bytes' : 'goes on in place', (next, mine) => {
            mine.file = base!.file
            mine.at = job === 'finish' ? 'seal' : 'first'
            if (!copies) return
            const bytes = next.files[base!.file]!.bytes!.slice(0, base!.offset)
            mine.file = next.files.push({ bytes, sealed: false }) - 1
          }),
        ]
      }
      case 'first':
      case 'second': {
        const file = world.files[me.file]!
        if (file.bytes === null || file.sealed) return [answer('cannot write any more')]
        return [
          step(`writes its ${me.at} byte`, (next, mine) => {
            const at = base!.offset + (me.at === 'first' ? 0 : 1)
            const bytes = file.bytes!.padEnd(at, '.')
            next.files[me.file]!.bytes = bytes.slice(0, at) + who + bytes.slice(at + 1)
            mine.at = me.at === 'first' ? 'second' : 'end'
          }),
        ]
      }
      case 'end': {
        if (world.ends[me.n] && rules.exclusiveEnd) return [answer('was overtaken')]
        return [
          step(`ends attempt ${me.n}, acknowledged`, (next, mine) => {
            const { offset, bytes } = base!
            next.ends[me.n] = {
              offset: offset + 2,
              file: me.file,
              bytes: `${bytes}${who}${who}`,
              overtaken: false,
            }
            next.acknowledged.push(me.n)
            over(mine)
          }),
        ]
      }
      case 'seal': {
        const { bytes } = world.files[me.file]!
        if (bytes === null) return [answer('finds the bytes gone')]
        return [
          step('seals', (next, mine) => {
            next.files[me.file] = { bytes: bytes.slice(0, base!.offset), sealed: true }
            mine.at = 'link'
          }),
        ]
      }
      case 'link':
        return [
          step('links the blob, acknowledged', (next, mine) => {
            next.link = { file: me.file, bytes: base!.bytes }
            over(mine)
          }),
        ]
      case 'remove':
        return [
          step('removes the bytes', (next, mine) => {
            const file = next.files[base!.file]!
            if (!file.sealed || !rules.keepSealed) file.bytes = null
            over(mine)
          }),
        ]
    }
  }
}
