/** All rows of the specification with credentials: every request under Basic, and every one under Bearer. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { tokenService } from '../../src/auth/tokens/index.ts'
import { memory, users } from '../../src/index.ts'
import { basic } from '../server/http.ts'
import { houseRules } from '../spec/house.ts'
import { allRows } from '../spec/index.ts'
import { runRow } from '../spec/run.ts'
import type { Target } from '../spec/target.ts'

const ANN = basic('ann', 'secret')['authorization']!
const LOGIN = users([{ name: 'ann', password: 'secret' }])

function authFor(scheme: 'Basic' | 'Bearer', storage = memory()) {
  const auth =
    scheme === 'Basic'
      ? LOGIN
      : tokenService({ login: LOGIN, authorize: LOGIN.authorize, records: storage.records })
  return { storage, auth, sparse: true }
}

/** As a client does it: no token before it is asked for one, the same one as long as it is enough. */
function withTokens(send: (request: Request) => Promise<Response>): Target['fetch'] {
  const tokens = new Map<string, string>()
  return async (request) => {
    const url = new URL(request.url)
    const repository = /^\/v2\/(.*)\/(?:blobs|manifests|tags|referrers|_oci)\//.exec(url.pathname)?.[1] ?? ''
    // Read before it is sent: of the two halves of a clone neither can be cancelled alone.
    const body = request.body && new Uint8Array(await request.arrayBuffer())
    const ask = (token: string | undefined) => {
      const headers = new Headers(request.headers)
      if (token) headers.set('authorization', `Bearer ${token}`)
      return send(new Request(request.url, { method: request.method, headers, ...(body && { body }) }))
    }
    const from = url.searchParams.get('from')
    const response = await ask(from ? undefined : tokens.get(repository))
    if (response.status !== 401) return response
    const challenge = response.headers.get('www-authenticate')!
    const [realm, service, scope] = ['realm', 'service', 'scope'].map(
      (name) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '',
    )
    await response.body?.cancel()
    const query = new URLSearchParams({ service: service!, scope: scope! })
    if (from) query.append('scope', `repository:${from}:pull`)
    const answer = await send(new Request(`${realm}?${query}`, { headers: { authorization: ANN } }))
    const { token: fresh } = (await answer.json()) as { token: string }
    tokens.set(repository, fresh)
    return ask(fresh)
  }
}

function withBasic(send: (request: Request) => Promise<Response>): Target['fetch'] {
  return (request) => {
    request.headers.set('authorization', ANN)
    return send(request)
  }
}

const SCHEMES = { Basic: withBasic, Bearer: withTokens }

describe.each(['Basic', 'Bearer'] as const)('on Node, under %s', (scheme) => {
  let server: ListeningRegistry
  beforeAll(async () => {
    server = await listen(authFor(scheme))
  })
  afterAll(() => server?.close())

  for (const row of allRows.filter(({ needs }) => needs !== 'strict'))
    test(row.name, async () => {
      const target = houseRules({
        url: server.url,
        fetch: SCHEMES[scheme](fetch),
        sparse: true,
        repo1: 'conformance/repo1',
        repo2: 'conformance/repo2',
      })
      expect(await runRow(target, row)).toEqual({ row, ...expectedOf(row.name, scheme) })
    })
})

/** The one skip, by name: a mount from anywhere, while the token is for one repository and reads in no other. */
function expectedOf(row: string, scheme: string): object {
  const isSkipped = scheme === 'Bearer' && / blobs\/mount anonymous$/.test(row)
  return isSkipped
    ? { outcome: 'skip', reason: 'not mounted: 202 and an upload session instead' }
    : { outcome: 'pass' }
}
