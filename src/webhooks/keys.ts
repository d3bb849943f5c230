/**
 * Keys of the outbox. Each receiver has a queue for each repository, so that one that is down keeps nobody else waiting,
 * and events of a repository stay in order:
 *
 * ```
 * outbox/<hook>/q/<name>!/<time>-<random>a   a change that has begun
 * outbox/<hook>/q/<name>!/<time>-<random>z   a change that is over: what is to be sent
 * outbox/<hook>/s/<name>!                    how often the first one was sent in vain
 * outbox/<hook>/d/<name>!/<time>-<random>    what is sent no more
 * outbox/<hook>/lease                        who is sending
 * ```
 *
 * Two keys for a change, each written once: stores take one write a second for each key. The `!` keeps a repository
 * apart from those below it, as in the catalog.
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { OUTBOX } from '../engine/index.ts'

/** The name of a receiver in keys: of its URL, so that it survives a new secret and another order in the options. */
export function hookId(url: string): string {
  return bytesToHex(sha256(utf8ToBytes(url))).slice(0, 16)
}

/** Everything of a receiver. */
export function hookPrefix(hook: string): string {
  return `${OUTBOX}${hook}/`
}

/** Everything that waits for a receiver. */
export function queuesPrefix(hook: string): string {
  return `${hookPrefix(hook)}q/`
}

/** What of a repository waits for a receiver. */
export function queuePrefix(hook: string, repo: string): string {
  return `${queuesPrefix(hook)}${repo}!/`
}

/** Sorts after all keys of a queue and before those of the next one. */
export function afterQueue(hook: string, repo: string): string {
  return `${queuesPrefix(hook)}${repo}!0`
}

/** A change that has begun (`a`) or is over (`z`). */
export function entryKey(hook: string, repo: string, place: string, what: 'a' | 'z'): string {
  return `${queuePrefix(hook, repo)}${place}${what}`
}

/** Everything that is sent to a receiver no more. */
function deadPrefix(hook: string): string {
  return `${hookPrefix(hook)}d/`
}

/** A change that is sent no more. */
export function deadKey(hook: string, repo: string, place: string): string {
  return `${deadPrefix(hook)}${repo}!/${place}`
}

/** How often the first change of a queue was sent in vain. */
export function stateKey(hook: string, repo: string): string {
  return `${hookPrefix(hook)}s/${repo}!`
}

/** Says who is sending to a receiver. */
export function leaseKey(hook: string): string {
  return `${hookPrefix(hook)}lease`
}

/** Reads a key of {@link entryKey} or {@link deadKey}; `what` is empty for the latter. */
export function parseKey(key: string): { repo: string; place: string; what: string } {
  const [, repo = '', place = '', what = ''] =
    /^outbox\/[^/]+\/[qd]\/(.+)!\/(\d+-[0-9a-f]{8})([az]?)$/.exec(key) ?? []
  return { repo, place, what }
}

/** Digits of a time in milliseconds. */
const DIGITS = 15

/** Where a change stands in its queue. */
export function placeOf(time: number, random: string): string {
  return `${String(time).padStart(DIGITS, '0')}-${random}`
}

/** The time in a place. */
export function timeOf(place: string): number {
  return Number(place.slice(0, DIGITS))
}

/** Sorts after everything of a time, and before what is later. */
export function afterTime(hook: string, repo: string, time: number): string {
  return `${queuePrefix(hook, repo)}${placeOf(time, '~')}`
}
