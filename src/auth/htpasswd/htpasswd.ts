import { compare } from 'bcryptjs'
import { RegistryError } from '../../oci/index.ts'
import type { Subject } from '../../registry.ts'
import { basic } from '../basic.ts'
import type { Authenticator } from '../contract.ts'
import { digestText, rememberVerified } from '../secrets.ts'

/** How a file of users is used. */
export interface HtpasswdOptions {
  /** How long a password that was right is not checked again, in milliseconds (5 minutes). */
  remember?: number
  /** The clock, in milliseconds (`Date.now`). */
  now?: () => number
}

/** Checks that wait for others; beyond it callers are told to come again. */
const MAX_WAITING = 64
/** For names that nobody has, as long as there are no others: else the first serves, whose work is as hard as theirs. */
const NOBODY = '$2b$10$C6UzMDM.H6dfI/f/IKcEeO7ZP0lSgHbyNRZ4ykO1Tn9N9wOlPcWvW'

/**
 * Users of an htpasswd file (Apache), by HTTP Basic. Only bcrypt is taken (`htpasswd -B`): every other kind is refused,
 * since it is fast to guess. A check takes about 70 ms, so passwords that were right are remembered for a while, but
 * never beyond a change of the file. Checks are made one after the other.
 *
 * @param source The text of the file, or what gives it: asked with each login, so that a change takes effect.
 * @throws TypeError for a text that is no such file, at once or from `authenticate`.
 */
export function htpasswd(
  source: string | (() => string | Promise<string>),
  { remember = 300_000, now = Date.now }: HtpasswdOptions = {},
): Authenticator {
  let parsed = { text: '', users: new Map<string, string>() }
  const read = (text: string): ReadonlyMap<string, string> => {
    if (text !== parsed.text) parsed = { text, users: parseHtpasswd(text) }
    return parsed.users
  }
  const users = async () => read(typeof source === 'string' ? source : await source())
  if (typeof source === 'string') read(source)
  const verified = rememberVerified<Subject>(now)
  const check = oneByOne(compare)
  return {
    ...basic(async (name, password) => {
      const all = await users()
      const hash = all.get(name)
      const known = hash === undefined ? undefined : verified.get(name, password, hash)
      if (known) return known
      const right = await check(password, hash ?? all.values().next().value ?? NOBODY)
      if (!right || hash === undefined) return null
      const subject = { name }
      verified.set(subject, now() + remember, name, password, hash)
      return subject
    }),
    async lookup(name) {
      const hash = (await users()).get(name)
      return hash === undefined
        ? null
        : { subject: { name }, stamp: (salt) => digestText(`${salt}\n${hash}`) }
    },
  }
}

/**
 * Reads an htpasswd file: `name:hash` on each line; empty lines and those that begin with # are left out.
 * @throws TypeError that names the line, and never shows a hash.
 */
export function parseHtpasswd(text: string): Map<string, string> {
  const users = new Map<string, string>()
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const [, name = '', hash = ''] = /^([^:]+):(.*)$/.exec(line.trim()) ?? []
    if (name === '') throw new TypeError(`line ${i + 1} is not name:hash`)
    if (!/^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.test(hash))
      throw new TypeError(`line ${i + 1}: the password is not kept with bcrypt: make it with htpasswd -B`)
    if (users.has(name))
      throw new TypeError(`line ${i + 1}: there are two users called ${JSON.stringify(name)}`)
    users.set(name, hash)
  })
  return users
}

type Check = (password: string, hash: string) => Promise<boolean>

/** One check at a time, so that guesses do not take all there is. */
function oneByOne(check: Check): Check {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return async (password, hash) => {
    if (waiting >= MAX_WAITING)
      throw new RegistryError('TOOMANYREQUESTS', 'too many logins at once: try again', {
        headers: { 'retry-after': '5' },
      })
    waiting++
    const mine = last.then(() => check(password, hash))
    last = mine.catch(() => {})
    try {
      return await mine
    } finally {
      waiting--
    }
  }
}
