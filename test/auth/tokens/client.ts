/** The client's half of the token flow, as plainly as it goes. */

import { expect } from 'vitest'
import { type TokenService, type TokenServiceOptions, tokenService } from '../../../src/auth/tokens/index.ts'
import {
  type Auth,
  memory,
  type Ocikit,
  type OcikitOptions,
  ocikit,
  policy,
  users,
} from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { type Answer, send } from '../../server/http.ts'

/** A challenge, taken apart. */
export type Challenge = Readonly<Record<string, string>> & { readonly scheme: string }

export function challengeOf(answer: Pick<Answer, 'headers'>): Challenge {
  const header = answer.headers.get('www-authenticate') ?? ''
  const [, scheme = '', rest = ''] = /^(\S+) (.*)$/.exec(header) ?? []
  const parameters = [...rest.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
    name!,
    value!,
  ])
  return { scheme, ...Object.fromEntries(parameters) }
}

/** What a token says; its signature is not looked at. */
export function claimsOf(
  token: string,
): Record<string, unknown> & { access: { type: string; name: string; actions: string[] }[] } {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
}

export interface TokenBody {
  readonly token: string
  readonly access_token: string
  readonly expires_in: number
  readonly issued_at: string
  readonly scope?: string
  readonly refresh_token?: string
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

/** Ann pushes and pulls everywhere, bob reads what is below `team`, everybody reads what is public. */
export const LOGIN: Auth = users([
  { name: 'ann', password: 'a:secret', groups: ['dev'] },
  { name: 'bob', password: 'b-secret' },
])
const RULES = policy({
  rules: [
    { who: 'everyone', repositories: 'public/**', allow: 'read' },
    { who: 'group:dev', allow: 'all' },
    { who: 'user:bob', repositories: 'team/**', allow: 'read' },
    { who: 'user:bob', repositories: '{name}/**', allow: ['pull', 'push', 'delete'] },
  ],
})

export interface World {
  readonly kit: Ocikit
  readonly auth: TokenService
  readonly storage: Storage
  /** Asks for a token by GET and expects one. */
  token(query: string, headers?: Record<string, string>): Promise<TokenBody>
  /** Sends a form. */
  post(fields: Readonly<Record<string, string>>): Promise<Answer>
  /** Moves the clock on, in seconds. */
  pass(seconds: number): void
}

export function world(
  {
    storage = memory(),
    start = Date.now(),
    ...options
  }: Partial<TokenServiceOptions> & { storage?: Storage; start?: number } = {},
  more: Partial<OcikitOptions> = {},
): World {
  let at = start
  const now = () => at
  const auth = tokenService({ login: LOGIN, authorize: RULES, records: storage.records, now, ...options })
  const kit = ocikit({ storage, auth, now, ...more } as OcikitOptions)
  return {
    kit,
    auth,
    storage,
    async token(query, headers = {}) {
      const answer = await send(kit, 'GET', `/token?${query}`, { headers })
      expect(answer.status, answer.text).toBe(200)
      return JSON.parse(answer.text) as TokenBody
    },
    post: (fields) =>
      send(kit, 'POST', '/token', {
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: new URLSearchParams(fields).toString(),
      }),
    pass(seconds) {
      at += seconds * 1000
    },
  }
}
