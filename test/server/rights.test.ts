import { describe, expect, test } from 'vitest'
import {
  type Access,
  type Auth,
  type AuthDecision,
  type Context,
  memory,
  ocikit,
  RegistryError,
  type Subject,
} from '../../src/index.ts'
import { digestOf, errorIn, LOREM, locationOf, pushBlob, pushIndex, send, withDigest } from './http.ts'

/** A subject with a field of its own. */
interface Member extends Subject {
  readonly teams: readonly string[]
}

/** Who somebody is stands in a header; what they may do, in `rules`. All asynchronous. */
function byHeader(rules: (access: Access, member: Member | null) => AuthDecision, challenge?: string): Auth {
  return {
    async authenticate(request) {
      const name = request.headers.get('x-member')
      await Promise.resolve()
      return name === null ? null : ({ name, teams: [`team-${name}`] } satisfies Member)
    },
    async authorize(access, { subject }: Context) {
      await Promise.resolve()
      return rules(access, subject as Member | null)
    },
    challenge: () => challenge ?? null,
  }
}

const as = (name: string): { headers: Record<string, string> } => ({ headers: { 'x-member': name } })

/** Everybody reads `public/`, writes what is of their team, and does not know of the rest. */
const auth = byHeader((access, member) => {
  if (access.type === 'registry') return member ? 'allow' : 'deny'
  if (access.name.startsWith('public/') && access.action === 'pull') return 'allow'
  if (access.name.startsWith('secret/') && member?.name !== 'root') return 'hide'
  if (member?.name === 'root') return 'allow'
  return member?.teams.includes(access.name.split('/')[0]!) ? 'allow' : 'deny'
}, 'Bearer realm="https://auth.test/token"')

describe('an authoriser of one’s own, asynchronous and with a subject of its own type', () => {
  const kit = ocikit({ storage: memory(), auth })

  test('anonymous and denied: 401 with the challenge, and what was wanted', async () => {
    const answer = await send(kit, 'GET', '/v2/team-ann/x/tags/list')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="https://auth.test/token"')
    const detail = [{ type: 'repository', name: 'team-ann/x', action: 'pull' }]
    expect(errorIn(answer)).toMatchObject({ code: 'UNAUTHORIZED', detail })
  })

  test('known and denied: 403 without a challenge', async () => {
    const answer = await send(kit, 'GET', '/v2/team-ann/x/tags/list', as('bob'))
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toBeNull()
    expect(errorIn(answer).code).toBe('DENIED')
  })

  test('hidden: 404, the same as for what does not exist', async () => {
    await pushIndex(kit, 'secret/x', 'v1', as('root'))
    const hidden = await send(kit, 'GET', '/v2/secret/x/tags/list', as('bob'))
    const absent = await send(kit, 'GET', '/v2/secret/y/tags/list', as('bob'))
    expect([hidden.status, absent.status]).toEqual([404, 404])
    expect(hidden.text.replace('secret/x', 'secret/y')).toBe(absent.text)
    expect(errorIn(hidden).code).toBe('NAME_UNKNOWN')
    expect((await pushIndex(kit, 'secret/x', 'v1', as('bob'))).status).toBe(404)
  })

  test('anonymous and denied where nobody can log in: 403, for 401 would ask for the impossible', async () => {
    const closed = ocikit({ storage: memory(), auth: byHeader(() => 'deny') })
    const answer = await send(closed, 'GET', '/v2/a/tags/list')
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([403, null])
    expect((await send(closed, 'GET', '/v2/')).status).toBe(200)
  })

  test('the ping challenges anonymous callers although they may read', async () => {
    const answer = await send(kit, 'GET', '/v2/')
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="https://auth.test/token"',
    ])
    expect((await send(kit, 'GET', '/v2/', as('ann'))).status).toBe(200)
  })

  test('each request asks for the one right that it needs', async () => {
    const asked: string[] = []
    const spy = ocikit({
      storage: memory(),
      auth: {
        authenticate: () => ({ name: 'x' }),
        authorize: (access) => {
          asked.push(`${access.name} ${access.action}`)
          return 'deny'
        },
        challenge: () => null,
      },
    })
    const d = digestOf('x')
    const table: [string, string, string][] = [
      ['GET', '/v2/_catalog', 'catalog *'],
      ['GET', '/v2/a/tags/list', 'a pull'],
      ['GET', `/v2/a/referrers/${d}`, 'a pull'],
      ['HEAD', `/v2/a/blobs/${d}`, 'a pull'],
      ['DELETE', `/v2/a/blobs/${d}`, 'a delete'],
      ['PUT', '/v2/a/manifests/x', 'a push'],
      ['DELETE', '/v2/a/manifests/x', 'a delete'],
      ['POST', `/v2/a/blobs/uploads/?mount=${d}&from=b`, 'a push'],
      ['GET', '/v2/a/blobs/uploads/x', 'a push'],
      ['PATCH', '/v2/a/blobs/uploads/x', 'a push'],
      ['DELETE', '/v2/a/blobs/uploads/x', 'a push'],
    ]
    for (const [method, path] of table) expect((await send(spy, method, path)).status).toBe(403)
    expect(asked).toEqual(table.map(([, , access]) => access))
  })

  test('an authoriser that fails is a 500, not a way in', async () => {
    for (const method of ['authenticate', 'authorize', 'challenge'] as const) {
      const broken = {
        ...byHeader(() => 'deny', 'Basic'),
        [method]: () => Promise.reject(new Error('db is down')),
      }
      if (method === 'challenge') {
        broken.challenge = () => {
          throw new Error('db is down')
        }
      }
      const answer = await send(ocikit({ storage: memory(), auth: broken }), 'GET', '/v2/a/tags/list')
      expect([answer.status, method]).toEqual([500, method])
      expect(errorIn(answer)).toMatchObject({ code: 'UNKNOWN', detail: { id: expect.any(String) } })
      expect(answer.text).not.toContain('db is down')
    }
  })

  test('a challenge of its own on an error is kept where the server has none', async () => {
    for (const name of ['WWW-Authenticate', 'www-authenticate']) {
      const own: Auth = {
        authenticate() {
          throw new RegistryError('UNAUTHORIZED', 'expired', { headers: { [name]: 'Custom x="1"' } })
        },
        authorize: () => 'allow',
        challenge: () => null,
      }
      const answer = await send(ocikit({ storage: memory(), auth: own }), 'GET', '/v2/')
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Custom x="1"'])
    }
  })
})

describe('mounting shows and links only what the caller may read (distribution-spec, "Mounting")', () => {
  const kit = ocikit({ storage: memory(), auth })
  const target = '/v2/team-bob/x/blobs/uploads/'

  test('without rights on the source: 202 with a session that works, and no trace of the blob', async () => {
    const there = await pushBlob(kit, 'team-ann/x', `${LOREM} 1`, as('ann'))
    const missing = digestOf('is nowhere')
    const seen = []
    for (const from of ['team-ann/x', 'secret/x', 'no-such/x', 'NOT A NAME', '']) {
      for (const mount of [there.digest, missing]) {
        const answer = await send(kit, 'POST', `${target}?mount=${mount}&from=${from}`, as('bob'))
        const names = [...answer.headers.keys()].filter((name) => name !== 'location')
        seen.push(JSON.stringify([answer.status, names, answer.text]))
        const put = await send(kit, 'PUT', withDigest(locationOf(answer), digestOf('own')), {
          ...as('bob'),
          body: 'own',
        })
        expect(put.status).toBe(201)
      }
    }
    expect(new Set(seen).size).toBe(1)
    expect((await send(kit, 'HEAD', `/v2/team-bob/x/blobs/${there.digest}`, as('bob'))).status).toBe(404)
  })

  test('with rights on the source: 201, and the blob is readable in the target', async () => {
    const { digest } = await pushBlob(kit, 'public/x', `${LOREM} 2`, as('root'))
    const answer = await send(kit, 'POST', `${target}?mount=${digest}&from=public/x`, as('bob'))
    expect([answer.status, locationOf(answer)]).toEqual([201, `/v2/team-bob/x/blobs/${digest}`])
    expect((await send(kit, 'GET', locationOf(answer), as('bob'))).text).toBe(`${LOREM} 2`)
  })

  test('without a source: from any repository that the caller may read, and from no other', async () => {
    const secret = await pushBlob(kit, 'team-ann/x', `${LOREM} 3`, as('ann'))
    const refused = await send(kit, 'POST', `${target}?mount=${secret.digest}`, as('bob'))
    expect(refused.status).toBe(202)
    await pushBlob(kit, 'public/y', `${LOREM} 3`, as('root'))
    const taken = await send(kit, 'POST', `${target}?mount=${secret.digest}`, as('bob'))
    expect(taken.status).toBe(201)
  })

  test('a source that may be read gives no right to write: 401 and 403', async () => {
    const { digest } = await pushBlob(kit, 'public/x', `${LOREM} 4`, as('root'))
    const path = `/v2/team-ann/x/blobs/uploads/?mount=${digest}&from=public/x`
    expect((await send(kit, 'POST', path, as('bob'))).status).toBe(403)
    expect((await send(kit, 'POST', path)).status).toBe(401)
  })
})
