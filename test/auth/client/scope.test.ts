import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPrivateHost, whyNotThere } from '../../../src/auth/client/index.ts'
import { holdsScopes, mergeScopes, parseScopes, repositoryScope } from '../../../src/auth/client/scope.ts'

test('scopes: each resource once, in one order', () => {
  expect(parseScopes('repository:b:push,pull  repository:a:pull repository:b:pull,delete')).toEqual([
    'repository:a:pull',
    'repository:b:delete,pull,push',
  ])
  expect(parseScopes('')).toEqual([])
  expect(parseScopes('repository:localhost:5000/a:pull repository:localhost:5000/a:push')).toEqual([
    'repository:localhost:5000/a:pull,push',
  ])
  expect(parseScopes('registry:catalog:* something aws.foo:bar')).toEqual([
    'aws.foo:bar',
    'registry:catalog:*',
    'something',
  ])
  expect(repositoryScope('a', 'push', 'pull')).toBe('repository:a:pull,push')
})

const scopes = fc.array(
  fc
    .tuple(fc.constantFrom('a', 'b', 'h:1/c'), fc.subarray(['pull', 'push', 'delete'], { minLength: 1 }))
    .map(([name, actions]) => repositoryScope(name, ...actions)),
)

test('a union holds both, and what holds the other is the union', () => {
  fc.assert(
    fc.property(scopes, scopes, (a, b) => {
      const both = mergeScopes(a, b)
      expect(holdsScopes(both, a) && holdsScopes(both, b)).toBe(true)
      expect(holdsScopes(a, b)).toBe(mergeScopes(a).join() === both.join())
      expect(mergeScopes(b, a)).toEqual(both)
    }),
  )
})

test('private addresses, in every spelling', () => {
  const hostOf = (host: string) => new URL(`https://${host}/`).hostname
  for (const host of [
    'localhost',
    'a.localhost',
    'LOCALHOST.',
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '[::]',
    '[::1]',
    '[fe80::1]',
    '[fd12::1]',
    '[fc00::]',
    '[::ffff:10.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::a00:1]',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[2002:7f00:1::]',
    '[64:ff9b:1::1]',
    '[ff02::1]',
  ])
    expect([host, isPrivateHost(hostOf(host))]).toEqual([host, true])
  for (const host of [
    'example.com',
    'localhost.example.com',
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '100.128.0.1',
    '11.0.0.1',
    '192.0.78.9',
    '198.20.0.1',
    '[64:ff9b::808:808]',
    '[2606:4700::1]',
    '[::ffff:8.8.8.8]',
    'fd.example.com',
    '10.example.com',
  ])
    expect([host, isPrivateHost(hostOf(host))]).toEqual([host, false])
})

test('where a registry may send a client', () => {
  const to = (from: string, url: string) => whyNotThere(new URL(from), new URL(url)) === null
  expect(to('https://a.test', 'https://cdn.test')).toBe(true)
  expect(to('https://a.test', 'http://cdn.test')).toBe(false)
  expect(to('http://a.test', 'http://cdn.test')).toBe(true)
  expect(to('https://a.test', 'https://10.0.0.1')).toBe(false)
  expect(to('http://10.0.0.1:5000', 'http://10.0.0.2')).toBe(true)
  expect(to('http://localhost:5000', 'http://127.0.0.1')).toBe(true)
})
