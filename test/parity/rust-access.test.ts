/**
 * Whoever comes from a Rust crate with a registry for axum finds here what it could do. Each test is one capability.
 */

import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  type Auth,
  type Authenticator,
  anonymous,
  masterPassword,
  memory,
  open,
  users,
} from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { basic, digestOf, imageOf, OCI_MANIFEST, pushBlob, pushImage, pushManifest } from './content.ts'
import { boxed, limited, type Rights } from './providers.ts'

const image = imageOf('an image')

/** What each of these may do with an image that is there, by its credentials. */
const ASKED = [
  'ping',
  'HEAD manifest',
  'GET manifest',
  'HEAD blob',
  'GET blob',
  'tags',
  'upload',
  'put',
  'delete',
]

describe('every provider in every combination decides on every endpoint', () => {
  const ann = basic('ann', 'secret')
  const logins: Record<string, Authenticator> = {
    'a map of users': users([
      { name: 'bob', password: 'other' },
      { name: 'ann', password: 'secret' },
    ]),
    'a master password': masterPassword('secret'),
  }
  const decorators: Record<string, (auth: Auth) => Auth> = {
    plain: (auth) => auth,
    boxed,
    'anonymous read': (auth) => anonymous('read', auth),
    'boxed anonymous read of boxed': (auth) => boxed(anonymous('read', boxed(auth))),
    'anonymous none': (auth) => anonymous('none', auth),
  }
  const rights: readonly Rights[] = ['none', 'read', 'write', 'read-write']
  const cases = Object.keys(logins).flatMap((login) =>
    Object.keys(decorators).flatMap((decorator) => rights.map((right) => ({ login, decorator, right }))),
  )

  test.each(cases)('$login, $decorator, $right', async ({ login, decorator, right }) => {
    const storage = memory()
    const owner = testRegistry({ storage })
    const digest = await pushImage(owner, 'a', '1', image)
    // The decorator comes last: it has to hand the subject and the rights through.
    const auth = decorators[decorator]!(limited(logins[login]!, (subject) => (subject ? right : 'none')))
    const registry = testRegistry({ storage, auth })
    const statuses = async (headers: Record<string, string>) => {
      const ask = async (path: string, method = 'GET') =>
        (await registry.fetch(`/v2/${path}`, { method, headers })).status
      return [
        await ask(''),
        await ask('a/manifests/1', 'HEAD'),
        await ask('a/manifests/1'),
        await ask(`a/blobs/${digestOf(image.layer)}`, 'HEAD'),
        await ask(`a/blobs/${digestOf(image.layer)}`),
        await ask('a/tags/list'),
        (await pushBlob(registry, 'a', image.layer, headers)).status,
        (await pushManifest(registry, 'a', '2', image.manifest, OCI_MANIFEST, headers)).status,
        await ask(`a/manifests/${digest}`, 'DELETE'),
      ]
    }
    const expected = (ping: number, refused: number, right: Rights, everybody: Rights = 'none') => {
      const read = right.startsWith('read') || everybody === 'read' ? 200 : refused
      const write = right.endsWith('write')
      return [
        ping,
        read,
        read,
        read,
        read,
        read,
        write ? 201 : refused,
        write ? 201 : refused,
        write ? 202 : refused,
      ]
    }
    const told = (list: readonly number[]) => ASKED.map((name, index) => `${name} ${list[index]}`)
    const free: Rights = decorator.includes('anonymous read') ? 'read' : 'none'
    expect(told(await statuses({}))).toEqual(told(expected(401, 401, free)))
    expect(told(await statuses(basic('ann', 'wrong')))).toEqual(told(expected(401, 401, 'none')))
    expect(told(await statuses(ann))).toEqual(told(expected(200, 403, right, free)))
  })

  test('one provider is shared by several registries, each with rights of its own', async () => {
    const shared = users([{ name: 'ann', password: 'secret' }])
    for (const right of rights) {
      const auth = boxed(limited(shared, () => right))
      await using registry = testRegistry({ auth })
      expect((await registry.fetch('/v2/', { headers: ann })).status).toBe(200)
      const pushed = await pushBlob(registry, 'a', image.layer, ann)
      expect(pushed.status).toBe(right.endsWith('write') ? 201 : 403)
      const pulled = await registry.fetch('/v2/a/tags/list', { headers: ann })
      expect(pulled.status).toBe(right.startsWith('read') ? 404 : 403)
    }
  })

  test('fixed rights for whoever comes', async () => {
    await using registry = testRegistry({ auth: open('read') })
    expect((await registry.fetch('/v2/')).status).toBe(200)
    // There is no way to log in, so it is no 401.
    expect((await pushBlob(registry, 'a', image.layer)).status).toBe(403)
    expect((await registry.fetch('/v2/a/manifests/1')).status).toBe(404)
  })
})

test('rights are by repository, also for what lies under the same digest in another', async () => {
  const login = users([{ name: 'ann', password: 'secret' }])
  const auth = limited(login, (_subject, name) => (name.startsWith('mine/') ? 'read-write' : 'none'))
  const storage = memory()
  const owner = testRegistry({ storage })
  const digest = await pushImage(owner, 'theirs/app', '1', image)
  const registry = testRegistry({ storage, auth })
  const headers = basic('ann', 'secret')
  const other = imageOf('another image')
  await pushImage(registry, 'mine/app', '1', other, headers)
  const status = async (path: string) => (await registry.fetch(`/v2/${path}`, { headers })).status
  expect(await status('mine/app/manifests/1')).toBe(200)
  expect(await status('theirs/app/manifests/1')).toBe(403)
  expect(await status(`mine/app/manifests/${digest}`)).toBe(404)
  expect(await status(`mine/app/blobs/${digestOf(image.layer)}`)).toBe(404)
})

describe('secrets', () => {
  const PASSWORD = 'pa55:w0rd, long enough'

  test('show neither in an inspected object, nor in a log, nor in an answer', async () => {
    const lines: unknown[] = []
    const note = (...line: unknown[]) => void lines.push(line)
    const auth = users([{ name: 'ann', password: PASSWORD }])
    await using registry = testRegistry({
      auth,
      logger: { debug: note, info: note, warn: note, error: note },
    })
    const shown = [inspect(auth, { depth: null, showHidden: true }), JSON.stringify(auth)]
    for (const password of [PASSWORD, `${PASSWORD}!`]) {
      const answer = await registry.fetch('/v2/', { headers: basic('ann', password) })
      shown.push(await answer.text(), JSON.stringify([...answer.headers]))
    }
    shown.push(inspect(registry.kit, { depth: null, showHidden: true }), JSON.stringify(lines))
    expect(lines.length).toBeGreaterThan(0)
    for (const text of shown) {
      expect(text).not.toContain(PASSWORD)
      expect(text).not.toContain(btoa(`ann:${PASSWORD}`))
    }
  })

  test('are compared whole: whatever is wrong, the answer is the same', async () => {
    await using registry = testRegistry({ auth: users([{ name: 'ann', password: PASSWORD }]) })
    const wrong = ['', PASSWORD.slice(1), PASSWORD.slice(0, -1), `${PASSWORD}x`, `x${PASSWORD.slice(1)}`]
    const pairs = [...wrong.map((password) => ['ann', password]), ['eve', PASSWORD], ['an', `n:${PASSWORD}`]]
    const answers = new Set<string>()
    for (const [name, password] of pairs) {
      const answer = await registry.fetch('/v2/', { headers: basic(name!, password!) })
      answers.add(`${answer.status} ${answer.headers.get('www-authenticate')} ${await answer.text()}`)
    }
    expect(answers.size).toBe(1)
    expect([...answers][0]).toMatch(/^401 Basic /)
    expect((await registry.fetch('/v2/', { headers: basic('ann', PASSWORD) })).status).toBe(200)
  })
})
