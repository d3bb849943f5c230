import { htpasswd, parseHtpasswd } from '../../../src/auth/htpasswd/index.ts'
import { tokenService } from '../../../src/auth/tokens/index.ts'
import {
  type Auth,
  type Authenticator,
  anonymousPull,
  apiKeys,
  firstOf,
  type Logger,
  open,
  type Policy,
  policy,
  throttle,
  type User,
  users,
} from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { parseKeys } from './keys-file.ts'
import { parseJson, reread } from './reread.ts'

/** Who may do what, as the command was told. */
export interface AuthOptions {
  readonly users: readonly User[]
  /** A file. */
  readonly htpasswd?: string
  /** A file of `ocikit token`. */
  readonly tokens?: string
  readonly anonymousPull: boolean
  readonly tokenService: boolean
  /** A file, or the rules themselves. */
  readonly policy?: string | Policy
}

/** Whether anybody can log in. */
export function hasLogin({ users: list, htpasswd: file, tokens }: AuthOptions): boolean {
  return list.length > 0 || file !== undefined || tokens !== undefined
}

/** Puts together what the options name. Without anybody who could log in, everybody may do everything, or read. */
export async function authOf(options: AuthOptions, storage: Storage, logger: Logger): Promise<Auth> {
  if (!hasLogin(options) && options.policy === undefined) return open(options.anonymousPull ? 'read' : 'all')
  const login = await loginOf(options, logger)
  const authorize = await authorizerOf(options, logger)
  const auth: Auth = options.anonymousPull ? anonymousPull({ ...login, authorize }) : { ...login, authorize }
  if (!options.tokenService) return auth
  return tokenService({ login, authorize: auth.authorize, records: storage.records })
}

async function loginOf(options: AuthOptions, logger: Logger): Promise<Authenticator> {
  const list: Authenticator[] = []
  if (options.users.length > 0) list.push(users(options.users))
  // Before the file of users: that checks slowly, on purpose, what is no password of theirs.
  if (options.tokens !== undefined) {
    const keys = await reread('--tokens', options.tokens, parseKeys, logger)
    list.push(apiKeys(async (id) => (await keys()).find((key) => key.id === id) ?? null))
  }
  if (options.htpasswd !== undefined) {
    // Checked here, so that a slip does not shut everybody out.
    const checked = (text: string): string => {
      parseHtpasswd(text)
      return text
    }
    list.push(htpasswd(await reread('--htpasswd', options.htpasswd, checked, logger)))
  }
  return list.length === 0 ? open() : throttle(firstOf(...list))
}

async function authorizerOf({ policy: rules }: AuthOptions, logger: Logger): Promise<Auth['authorize']> {
  if (rules === undefined) return (_access, { subject }) => (subject === null ? 'deny' : 'allow')
  if (typeof rules !== 'string') return policy(rules)
  const parse = (text: string) => policy(parseJson(text) as Policy)
  const current = await reread('--policy', rules, parse, logger)
  return async (access, context) => (await current())(access, context)
}
