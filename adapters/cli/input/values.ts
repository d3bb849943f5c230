import type { User } from '../../../src/auth/index.ts'
import { checkQuotas, type Quota } from '../../../src/engine/usage/quota.ts'
import * as env from '../../../src/env/values.ts'

/** A command line or a configuration that cannot be. Its message is one line and holds no secret. */
export class UsageError extends Error {
  /** What to try instead. */
  readonly hint?: string

  constructor(message: string, hint?: string) {
    super(message)
    if (hint !== undefined) this.hint = hint
  }
}

/** A port number; 0 stands for any free one. */
export function portOf(value: string, flag = '--port'): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (!(port <= 65535)) throw new UsageError(`${flag} must be a number from 0 to 65535`)
  return port
}

/** A number of bytes: `4194304`, `4MiB` or `4M`. */
export function sizeOf(flag: string, value: string | undefined): number | undefined {
  return value === undefined ? undefined : checked(() => env.sizeOf(flag, value))
}

/** A time in milliseconds: `90s`, `30m`, `24h`, `7d` or `0`. */
export function durationOf(flag: string, value: string): number {
  return checked(() => env.durationOf(flag, value))
}

/** Requests by time: `100/s`, `600/m` or `100/6h`. */
export function rateOf(flag: string, value: string): { requests: number; per: number } {
  return checked(() => env.rateOf(flag, value))
}

/** Globs of tags. */
export function tagGlobsOf(flag: string, values: readonly string[]): string[] {
  return checked(() => env.tagGlobsOf(flag, values))
}

/** A switch of the environment. */
export function switchOf(name: string, value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : checked(() => env.switchOf(name, value))
}

/** A user with a password, written `name:password`. */
export function userOf(value: string): User {
  return checked(() => env.userOf('--user', value))
}

/** Origins as browsers send them; `*` stands for all. */
export function originsOf(values: readonly string[]): '*' | string[] | undefined {
  return checked(() => env.originsOf('--cors', values))
}

/** Quotas, each written `NAME=SIZE,COUNT`. */
export function quotasOf(values: readonly string[]): Quota[] {
  return checked(() => {
    const quotas = values.map((value) => env.quotaOf('--quota', value))
    checkQuotas(quotas)
    return quotas
  })
}

/** What makes no sense is the user's mistake, not ours. */
function checked<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
