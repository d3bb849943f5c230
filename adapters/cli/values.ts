import type { User } from '../../src/auth/index.ts'

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
export function portOf(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (!(port <= 65535)) throw new UsageError('--port must be a number from 0 to 65535')
  return port
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** A number of bytes: `4194304`, `4MiB` or `4M`. */
export function sizeOf(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const match = /^(\d+)(?:([kmg])(?:ib)?)?$/i.exec(value)
  const bytes = match ? Number(match[1]) * UNITS[match[2]?.toLowerCase() ?? '']! : Number.NaN
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new UsageError(`${flag} must be a number of bytes above 0, as in 4194304, 4MiB or 4M`)
  }
  return bytes
}

/** A switch of the environment. */
export function switchOf(name: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined
  if (/^(1|true|yes)$/i.test(value)) return true
  if (/^(0|false|no)$/i.test(value)) return false
  throw new UsageError(`${name} must be 1, true, yes, 0, false or no`)
}

/** A user with a password, written `name:password`. */
export function userOf(value: string): User {
  const match = /^([^:\p{Cc}]+):(\P{Cc}+)$/u.exec(value)
  // The value stays out of the message: it holds a password.
  if (!match) throw new UsageError('--user must be name:password')
  return { name: match[1]!, password: match[2]! }
}

/** Origins as browsers send them; `*` stands for all. */
export function originsOf(values: readonly string[]): '*' | string[] | undefined {
  const origins = values.map((value) => value.trim()).filter(Boolean)
  if (origins.includes('*')) return '*'
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new UsageError('--cors must be * or an origin, as in https://example.com, without a path')
    }
  }
  return origins.length > 0 ? origins : undefined
}
