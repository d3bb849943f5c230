import { expect, test } from 'vitest'
import { fromEnv, memory, ocikit } from '../../src/index.ts'

const ping = (variables: Record<string, unknown>, headers: Record<string, string> = {}) =>
  ocikit({ storage: memory(), ...fromEnv(variables) }).fetch(new Request('http://r.test/v2/', { headers }))

test('nobody gets in unless a variable says so', async () => {
  expect((await ping({})).status).toBe(401)
  expect((await ping({ OCIKIT_USER: '', OCIKIT_INSECURE_OPEN: '' })).status).toBe(401)
  expect((await ping({ OCIKIT_INSECURE_OPEN: 'no' })).status).toBe(401)
  expect((await ping({ OCIKIT_INSECURE_OPEN: '1' })).status).toBe(200)
})

test('users are one on each line, and win over openness', async () => {
  const variables = { OCIKIT_USER: 'ann:one\nbob:t:wo\r\n', OCIKIT_INSECURE_OPEN: '1' }
  expect((await ping(variables)).status).toBe(401)
  for (const login of ['ann:one', 'bob:t:wo'])
    expect((await ping(variables, { authorization: `Basic ${btoa(login)}` })).status).toBe(200)
})

test('the other options', () => {
  const { auth: _, ...all } = fromEnv({
    OCIKIT_SPARSE: 'yes',
    OCIKIT_REDIRECT: '1',
    OCIKIT_NO_DELETE: 'true',
    OCIKIT_MAX_MANIFEST_SIZE: '1MiB',
    OCIKIT_MAX_BLOB_SIZE: '5',
    OCIKIT_QUOTA: 'team=1K\n*=,9\n',
    OCIKIT_CORS: 'https://a.test, https://b.test:8080',
    // A binding of a Worker, and what concerns others.
    BUCKET: { head() {} },
    OCIKIT_PORT: '5000',
  })
  expect(all).toEqual({
    sparse: true,
    redirect: true,
    deleteBlobs: false,
    deleteManifests: false,
    maxManifestSize: 1024 * 1024,
    maxBlobSize: 5,
    quotas: [
      { prefix: 'team', bytes: 1024 },
      { prefix: '*', manifests: 9 },
    ],
    cors: ['https://a.test', 'https://b.test:8080'],
  })
  expect(Object.keys(fromEnv({}))).toEqual(['auth'])
  expect(fromEnv({ OCIKIT_DELETE: '1' })).toMatchObject({ deleteBlobs: true, deleteManifests: true })
})

test.each([
  [{ OCIKIT_SPARSE: 'perhaps' }, 'OCIKIT_SPARSE must be 1'],
  [{ OCIKIT_MAX_BLOB_SIZE: '0' }, 'OCIKIT_MAX_BLOB_SIZE must be a number'],
  [{ OCIKIT_QUOTA: 'team' }, 'OCIKIT_QUOTA must be as in team=10GiB'],
  [{ OCIKIT_QUOTA: 'team=x' }, 'the size in OCIKIT_QUOTA must be'],
  [{ OCIKIT_CORS: 'example.com' }, 'OCIKIT_CORS must be'],
  [{ OCIKIT_DELETE: '1', OCIKIT_NO_DELETE: '1' }, 'contradict'],
  [{ OCIKIT_USER: 'a:b\na:c' }, 'two users'],
])('%o is refused', (variables, message) => {
  expect(() => fromEnv(variables)).toThrow(message)
})

test('a password is never shown', () => {
  expect(() => fromEnv({ OCIKIT_USER: ':topsecret' })).toThrow(/^OCIKIT_USER must be name:password$/)
})
