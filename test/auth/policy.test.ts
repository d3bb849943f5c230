import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Access,
  type Context,
  memory,
  ocikit,
  type Policy,
  parsePolicy,
  policy,
  users,
} from '../../src/index.ts'
import { isName, matchGlob } from '../../src/oci/index.ts'
import { basic, errorIn, pushIndex, send } from '../server/http.ts'

const context = (subject: Context['subject']): Context => ({
  requestId: '1',
  subject,
  action: { endpoint: 'tags', method: 'GET' },
  defer() {},
  warn() {},
})
const pull = (name: string): Access => ({ type: 'repository', name, action: 'pull' })

describe('policy()', () => {
  const decide = policy({
    rules: [
      { who: 'user:mallory', deny: 'all' },
      { who: ['authenticated', 'anonymous'], repositories: 'secret/**', hide: ['pull', 'push', 'delete'] },
      { who: 'everyone', repositories: ['public/**', '*/base'], allow: 'read' },
      { who: ['group:dev', 'user:bot-*'], repositories: 'team/*', allow: 'read-write' },
      { who: 'authenticated', repositories: '{name}/**', allow: ['pull', 'push', 'delete'] },
      { who: 'group:ops', allow: ['catalog'] },
    ],
  })
  const ann = { name: 'ann', groups: ['dev'] }

  test.each([
    ['everyone reads what is public', null, pull('public/a/b'), 'allow'],
    ['also by another glob', null, pull('x/base'), 'allow'],
    ['and does not write there', ann, { ...pull('public/a'), action: 'push' }, 'deny'],
    ['a group writes', ann, { ...pull('team/a'), action: 'push' }, 'allow'],
    ['not below', ann, { ...pull('team/a/b'), action: 'push' }, 'deny'],
    ['by a glob over names', { name: 'bot-7' }, pull('team/a'), 'allow'],
    ['somebody else', { name: 'eve' }, pull('team/a'), 'deny'],
    ['one’s own', { name: 'eve' }, { ...pull('eve/x'), action: 'delete' }, 'allow'],
    ['not another’s', { name: 'eve' }, pull('ann/x'), 'deny'],
    ['the first rule decides', { name: 'mallory' }, pull('public/a'), 'deny'],
    ['hidden', ann, pull('secret/a'), 'hide'],
    ['hidden and anonymous: log in', null, pull('secret/a'), 'deny'],
    ['no catalog', ann, { type: 'registry', name: 'catalog', action: '*' }, 'deny'],
    [
      'a catalog',
      { name: 'o', groups: ['ops'] },
      { type: 'registry', name: 'catalog', action: '*' },
      'allow',
    ],
    ['groups that are none', { name: 'x', groups: 'dev' }, pull('team/a'), 'deny'],
  ] as const)('%s', (_, subject, access, decision) => {
    expect(decide(access as Access, context(subject))).toBe(decision)
  })

  test('where no rule is, the default', () => {
    expect(policy({ rules: [] })(pull('a'), context(ann))).toBe('deny')
    expect(policy({ rules: [], default: 'hide' })(pull('a'), context(ann))).toBe('hide')
    expect(policy({ rules: [], default: 'hide' })(pull('a'), context(null))).toBe('deny')
  })

  test('a name with stars in it is no glob for others', () => {
    for (const name of ['*', '**', 'a*', '', '..', 'a/**'])
      for (const repository of ['ann/x', 'b', 'a/x'])
        expect(decide(pull(repository), context({ name }))).toBe('deny')
  })

  test('a name stands for itself, whatever the runtime reads into a replacement', () => {
    const own = policy({ rules: [{ who: 'everyone', repositories: '*{name}', allow: 'read' }] })
    expect(own(pull('my-ann'), context(ann))).toBe('allow')
    for (const name of ['$`', '$&', "$'", '']) expect(own(pull('my-ann'), context({ name }))).toBe('deny')
  })

  test('generated names: a rule reaches exactly what its globs match, and never by another spelling', () => {
    const segment = fc.stringMatching(/^[a-c*.-]{1,4}$/)
    const globs = fc.array(
      fc.array(segment, { minLength: 1, maxLength: 3 }).map((each) => each.join('/')),
      { minLength: 1, maxLength: 3 },
    )
    const name = fc
      .array(fc.stringMatching(/^[a-c]{1,3}$/), { minLength: 1, maxLength: 4 })
      .map((each) => each.join('/'))
    fc.assert(
      fc.property(globs, name, (repositories, text) => {
        const rule = policy({ rules: [{ who: 'everyone', repositories, allow: 'read' }] })
        const decision = rule(pull(text), context(null))
        expect(isName(text)).toBe(true)
        expect(decision === 'allow').toBe(repositories.some((glob) => matchGlob(glob, text)))
      }),
    )
  })
})

describe('what is no policy is told in one line that names the place', () => {
  const rule = { who: 'everyone', allow: 'read' }
  test.each([
    ['the policy', 'text'],
    ['the policy', null],
    ['rules', {}],
    ['rules', { rules: {} }],
    ['rulez', { rules: [], rulez: [] }],
    ['default', { rules: [], default: 'allow' }],
    ['rules[1].who', { rules: [rule, { allow: 'read' }] }],
    ['rules[1].who', { rules: [rule, { who: 'ann', allow: 'read' }] }],
    ['rules[0].who[1]', { rules: [{ who: ['everyone', 'x'], allow: 'read' }] }],
    ['rules[0].who', { rules: [{ who: [], allow: 'read' }] }],
    ['rules[0].allow', { rules: [{ who: 'everyone', allow: 'reed' }] }],
    ['rules[0].allow', { rules: [{ who: 'everyone', allow: ['pull', 'fly'] }] }],
    ['rules[0].repositories', { rules: [{ ...rule, repositories: 'A B' }] }],
    ['rules[0].repositories[0]', { rules: [{ ...rule, repositories: ['/a'] }] }],
    ['rules[0].action', { rules: [{ ...rule, action: 'x' }] }],
    ['rules[0]', { rules: [{ who: 'everyone' }] }],
    ['rules[0]', { rules: [{ ...rule, deny: 'all' }] }],
  ])('%s', (place, data) => {
    let message = ''
    try {
      parsePolicy(data)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message.startsWith(`${place}: `), message).toBe(true)
    expect(message).not.toMatch(/\n|undefined/)
    expect(() => policy(data as Policy)).toThrow(TypeError)
  })
})

describe('over HTTP', () => {
  const login = users([
    { name: 'root', password: 'r', groups: ['all'] },
    { name: 'ann', password: 'a' },
  ])
  const authorize = policy({
    rules: [
      { who: 'group:all', allow: 'all' },
      { who: 'everyone', repositories: ['open/**'], allow: 'read' },
      { who: 'user:ann', repositories: ['ann/**'], allow: 'read-write' },
      { who: 'authenticated', repositories: ['dark/**'], hide: 'all' },
      { who: 'everyone', allow: ['catalog'] },
    ],
  })
  const kit = ocikit({ storage: memory(), auth: { ...login, authorize } })
  const root = basic('root', 'r')
  const ann = basic('ann', 'a')
  const names = ['ann/a', 'ann/b', 'dark/a', 'dark/b', 'eve/a', 'open/a', 'open/b', 'zoe/a']

  test('the catalog shows what the caller may pull, in exact pages that name nothing else', async () => {
    for (const name of names) await pushIndex(kit, name, '1', { headers: root })
    const pages = async (headers: Record<string, string>, n: number) => {
      const seen: string[][] = []
      for (let path: string | undefined = `/v2/_catalog?n=${n}`; path !== undefined; ) {
        const answer = await send(kit, 'GET', path, { headers })
        const { repositories } = JSON.parse(answer.text) as { repositories: string[] }
        seen.push(repositories)
        const link: string | null = answer.headers.get('link')
        expect(link ?? '').not.toMatch(/dark|eve|zoe/)
        path = link === null ? undefined : /<([^>]*)>/.exec(link)![1]
      }
      return seen
    }
    const hers = ['ann/a', 'ann/b', 'open/a', 'open/b']
    expect(await pages(ann, 100)).toEqual([hers])
    expect(await pages(ann, 3)).toEqual([hers.slice(0, 3), hers.slice(3)])
    expect(await pages(ann, 2)).toEqual([hers.slice(0, 2), hers.slice(2)])
    expect(await pages(ann, 1)).toEqual(hers.map((each) => [each]))
    expect(await pages({}, 1)).toEqual([['open/a'], ['open/b']])
    expect((await send(kit, 'GET', '/v2/_catalog', { headers: root })).text).toBe(
      JSON.stringify({ repositories: names }),
    )
  })

  test('hidden is 404 for whoever is logged in, as for what is not there; others are asked to log in', async () => {
    const dark = await send(kit, 'GET', '/v2/dark/a/tags/list', { headers: ann })
    const absent = await send(kit, 'GET', '/v2/dark/none/tags/list', { headers: ann })
    expect([dark.status, errorIn(dark).code]).toEqual([404, 'NAME_UNKNOWN'])
    expect(absent.text).toBe(dark.text.replace('dark/a', 'dark/none'))
    expect((await send(kit, 'GET', '/v2/dark/a/tags/list')).status).toBe(401)
    expect((await send(kit, 'GET', '/v2/eve/a/tags/list', { headers: ann })).status).toBe(403)
  })
})
