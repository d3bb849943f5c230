/**
 * What the text of a variable or a flag means. `name` is how whoever wrote it calls it; a password is never shown.
 * @module
 */

import type { User } from '../auth/index.ts'

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** A number of bytes: `4194304`, `4MiB` or `4M`. @throws TypeError for anything else. */
export function sizeOf(name: string, value: string): number {
  const match = /^(\d+)(?:([kmg])(?:ib)?)?$/i.exec(value)
  const bytes = match ? Number(match[1]) * UNITS[match[2]?.toLowerCase() ?? '']! : Number.NaN
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new TypeError(`${name} must be a number of bytes above 0, as in 4194304, 4MiB or 4M`)
  }
  return bytes
}

/** A switch. @throws TypeError for anything but 1, true, yes, 0, false and no. */
export function switchOf(name: string, value: string): boolean {
  if (/^(1|true|yes)$/i.test(value)) return true
  if (/^(0|false|no)$/i.test(value)) return false
  throw new TypeError(`${name} must be 1, true, yes, 0, false or no`)
}

/** A user with a password, written `name:password`. @throws TypeError for anything else. */
export function userOf(name: string, value: string): User {
  const match = /^([^:\p{Cc}]+):(\P{Cc}+)$/u.exec(value)
  // The value stays out of the message: it holds a password.
  if (!match) throw new TypeError(`${name} must be name:password`)
  return { name: match[1]!, password: match[2]! }
}

/** What may be kept in some repositories, written `prefix=10GiB`, `prefix=10GiB,500` or `prefix=,500`. */
interface QuotaText {
  readonly prefix: string
  /** Of blobs. */
  readonly bytes?: number
  readonly manifests?: number
}

/** A quota. @throws TypeError for anything else than `prefix=size`, with a number of manifests behind a comma. */
export function quotaOf(name: string, value: string): QuotaText {
  const [, prefix, size = '', , count] = /^([^=\s]+)=([^,]*)(,(\d{1,15}))?$/.exec(value) ?? []
  if (prefix === undefined || (size === '' && count === undefined))
    throw new TypeError(`${name} must be as in team=10GiB, team=10GiB,500 or team=,500`)
  return {
    prefix,
    ...(size === '' ? {} : { bytes: sizeOf(`the size in ${name}`, size) }),
    ...(count === undefined ? {} : { manifests: Number(count) }),
  }
}

const TIMES: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time in milliseconds: `90s`, `30m`, `24h`, `7d` or `0`. @throws TypeError for anything else. */
export function durationOf(name: string, value: string): number {
  if (value === '0') return 0
  const [, digits = '', unit = ''] = /^(\d{1,6})([smhd])$/i.exec(value) ?? []
  if (unit === '') throw new TypeError(`${name} must be a time, as in 90s, 30m, 24h, 7d or 0`)
  return Number(digits) * TIMES[unit.toLowerCase()]!
}

/** Requests by time, written `100/s`, `600/m` or `100/6h`. */
interface RateText {
  readonly requests: number
  /** Milliseconds. */
  readonly per: number
}

/** How many requests within which time. @throws TypeError for anything but a number, a slash and a time. */
export function rateOf(name: string, value: string): RateText {
  const [, requests = '', time = ''] = /^(\d{1,9})\/(\d{0,6}[smhd])$/i.exec(value) ?? []
  const per = time && durationOf(name, /^\d/.test(time) ? time : `1${time}`)
  if (!per || Number(requests) === 0)
    throw new TypeError(`${name} must be requests by time, as in 100/s, 600/m or 100/6h`)
  return { requests: Number(requests), per }
}

/** Globs of tags. @throws TypeError for what is none. */
export function tagGlobsOf(name: string, values: readonly string[]): string[] {
  const globs = values.map((value) => value.trim()).filter(Boolean)
  if (globs.every((glob) => /^[\w.*-]{1,128}$/.test(glob))) return globs
  throw new TypeError(`${name} must be a glob of tags, as in v*`)
}

/** Origins as browsers send them; `*` stands for all. @throws TypeError for what is no origin. */
export function originsOf(name: string, values: readonly string[]): '*' | string[] | undefined {
  const origins = values.map((value) => value.trim()).filter(Boolean)
  if (origins.includes('*')) return '*'
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new TypeError(`${name} must be * or an origin, as in https://example.com, without a path`)
    }
  }
  return origins.length > 0 ? origins : undefined
}
