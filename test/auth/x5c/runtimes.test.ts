/** A chain of certificates is judged alike by the cryptography of every runtime. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Running } from '../../runtimes/table.ts'
import { RUNTIMES } from '../runtimes/start.ts'
import { AUTHORITY, authority, type Certified, claimsAt, type Kind } from './authority.ts'

const KINDS: readonly Kind[] = ['ES256', 'ES384', 'RS256', 'EdDSA']

describe.each(Object.entries(RUNTIMES))('on %s', (_name, { start, send }) => {
  let makers: Awaited<ReturnType<typeof authority>>
  let roots: Certified[]
  let running: Running
  beforeAll(async () => {
    makers = await authority()
    roots = KINDS.map((kind) => makers.certify({ name: kind, kind, ...hashOf(kind) }))
    running = await start('x5c', roots.map(({ pem }) => pem).join(''))
  })
  afterAll(async () => {
    await running?.close()
    await makers?.[Symbol.asyncDispose]()
  })
  const ask = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const response = await send(new Request(`${running.url}/v2/a/tags/list`, { headers }))
    return [response.status, await response.text()] as const
  }

  test.each(KINDS)('a token by way of an authority with a key for %s', async (kind) => {
    const by = roots[KINDS.indexOf(kind)]!
    const middle = makers.certify({ name: 'middle', by, extensions: AUTHORITY, ...hashOf(kind) })
    const leaf = makers.certify({ name: 'leaf', by: middle })
    expect((await ask(await leaf.sign(claimsAt(Date.now()), [leaf, middle])))[0]).toBe(404)
    const stranger = makers.certify({ name: kind, kind, ...hashOf(kind) })
    const forged = makers.certify({ name: 'leaf', by: stranger })
    const [status, text] = await ask(await forged.sign(claimsAt(Date.now())))
    expect(status).toBe(401)
    expect(text).toContain('no certificate of the bundle vouches for it')
  })
})

/** Ed25519 has its own. */
function hashOf(kind: Kind): { hash?: string } {
  if (kind === 'EdDSA') return { hash: '' }
  return kind === 'ES384' ? { hash: 'sha384' } : {}
}
