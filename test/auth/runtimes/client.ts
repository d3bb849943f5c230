/** A client with ann's credentials, around whatever sends its requests. */

import { basic } from '../../server/http.ts'
import type { Target } from '../../spec/target.ts'

const ANN = basic('ann', 'secret')['authorization']!

type Send = (request: Request) => Promise<Response>

/** Her password with each request. */
export function withBasic(send: Send): Target['fetch'] {
  return (request) => {
    request.headers.set('authorization', ANN)
    return send(request)
  }
}

/** As a client does it: no token before it is asked for one, the same one as long as it is enough. */
export function withTokens(send: Send): Target['fetch'] {
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
    // One that reads elsewhere, too, is for this mount alone.
    if (!from) tokens.set(repository, fresh)
    return ask(fresh)
  }
}
