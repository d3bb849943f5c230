import { expect, test } from 'vitest'
import { mirrors } from '../../src/cache/index.ts'
import { createClient } from '../../src/client/index.ts'
import { immutable } from '../../src/compose/index.ts'
import {
  type EnvFeatures,
  fromEnv,
  inspector,
  memory,
  metrics,
  ocikit,
  retention,
  tokenBucket,
  webhooks,
} from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { until } from '../node/raw.ts'
import { emptyIndex, pushIndex, send } from '../server/http.ts'
import { receiver, SECRET } from '../webhooks/receiver.ts'

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
    OCIKIT_PUBLIC_URL: 'https://r.example',
    OCIKIT_TRUST_PROXY: '10.0.0.0/8, 192.0.2.1',
    OCIKIT_SPARSE: 'yes',
    OCIKIT_REDIRECT: '1',
    OCIKIT_NO_DELETE: 'true',
    OCIKIT_MAX_MANIFEST_SIZE: '1MiB',
    OCIKIT_MAX_BLOB_SIZE: '5',
    OCIKIT_QUOTA: 'team=1K\n*=,9\n',
    OCIKIT_READ_ONLY: '1',
    OCIKIT_GC_GRACE: '48h',
    OCIKIT_HEALTH: 'true',
    OCIKIT_METRICS: 'no',
    OCIKIT_CORS: 'https://a.test, https://b.test:8080',
    // A binding of a Worker, and what concerns others.
    BUCKET: { head() {} },
    OCIKIT_PORT: '5000',
  })
  expect(all).toEqual({
    publicUrl: 'https://r.example',
    trustProxy: ['10.0.0.0/8', '192.0.2.1'],
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
    readOnly: true,
    uploadExpiry: 172_800_000,
    health: true,
    cors: ['https://a.test', 'https://b.test:8080'],
  })
  expect(Object.keys(fromEnv({}))).toEqual(['auth'])
  expect(fromEnv({ OCIKIT_DELETE: '1' })).toMatchObject({ deleteBlobs: true, deleteManifests: true })
  expect(fromEnv({ OCIKIT_TRUST_PROXY: '192.0.2.1,*' }).trustProxy).toBe(true)
})

test('everybody may pull, and only they who log in push', async () => {
  const variables = { OCIKIT_USER: 'ann:one', OCIKIT_ANONYMOUS_PULL: '1' }
  const kit = ocikit({ storage: memory(), ...fromEnv(variables) })
  expect((await send(kit, 'GET', '/v2/a/tags/list')).status).toBe(404)
  expect((await send(kit, 'POST', '/v2/a/blobs/uploads/')).status).toBe(401)
})

/** What a program may hand over. */
const FEATURES: EnvFeatures = {
  tokenBucket,
  metrics,
  inspector: ({ header }) => inspector({ header, to: () => {} }),
  webhooks,
  retention,
  immutable,
  mirrors,
  createClient,
}

/** Variables of a feature, and of which features each needs which. */
const OF_FEATURES: readonly (readonly [
  variables: Record<string, string>,
  needs: keyof EnvFeatures,
  option: string,
])[] = [
  [{ OCIKIT_RATE_LIMIT: '100/s' }, 'tokenBucket', 'rateLimit'],
  [{ OCIKIT_METRICS: '1' }, 'metrics', 'metrics'],
  [{ OCIKIT_INSPECT_HEADER: 'x-inspect' }, 'inspector', 'inspect'],
  [{ OCIKIT_WEBHOOK: 'https://ci.example/a', OCIKIT_WEBHOOK_SECRET: SECRET }, 'webhooks', 'webhooks'],
  [{ OCIKIT_RETENTION: '[{"tags":"pr-*","keep":{"pushed":"14d"}}]' }, 'retention', 'retention'],
  [{ OCIKIT_IMMUTABLE_TAGS: 'v*,latest' }, 'immutable', 'wrap'],
  [{ OCIKIT_MIRROR: 'docker.io=https://registry-1.docker.io' }, 'mirrors', 'mirrors'],
  [{ OCIKIT_MIRROR: 'docker.io' }, 'createClient', 'mirrors'],
]

test.each(OF_FEATURES)('%o needs %s, which gives %s', (variables, needs, option) => {
  expect(Object.keys(fromEnv(variables, FEATURES))).toEqual([option, 'auth'])
  const { [needs]: _, ...others } = FEATURES
  expect(() => fromEnv(variables, others)).toThrow(
    `${Object.keys(variables)[0]} needs ${needs}: fromEnv(variables, { ${needs} })`,
  )
})

test('features do what the variables say', async () => {
  await using to = await receiver()
  const variables = {
    OCIKIT_INSECURE_OPEN: '1',
    OCIKIT_RATE_LIMIT: '5/1h',
    OCIKIT_METRICS: '1',
    OCIKIT_HEALTH: '1',
    OCIKIT_IMMUTABLE_TAGS: 'v*, latest',
    OCIKIT_WEBHOOK: `${to.url}\n`,
    OCIKIT_WEBHOOK_SECRET: SECRET,
    OCIKIT_PUBLIC_URL: 'https://r.example',
  }
  const kit = ocikit({ storage: memory(), ...fromEnv(variables, FEATURES) })
  expect((await pushIndex(kit, 'a', 'v1')).status).toBe(201)
  expect((await pushIndex(kit, 'a', 'v1', { body: emptyIndex('another') })).status).toBe(403)
  for (const path of ['/healthz', '/readyz', '/metrics'])
    expect((await send(kit, 'GET', path)).status).toBe(200)
  await until(() => to.received.length > 0)
  expect([to.wrong, to.received[0]!.body['source']]).toEqual([[], 'https://r.example'])
  const statuses: number[] = []
  for (let i = 0; i < 4; i++) statuses.push((await send(kit, 'GET', '/v2/_catalog')).status)
  expect(statuses).toEqual([200, 200, 200, 429])
  await kit.close()
})

test('a mirror reads through to what its URL names', async () => {
  await using there = testRegistry()
  const { digest } = await there.registry
    .pushManifest(
      'library/alpine',
      new TextEncoder().encode(emptyIndex('3')),
      'application/vnd.oci.image.index.v1+json',
      { tags: ['3' as never] },
    )
    .then(({ descriptor }) => descriptor)
  const asked: string[] = []
  const features: EnvFeatures = {
    mirrors,
    createClient(url) {
      asked.push(url)
      return there.registry
    },
  }
  const variables = {
    OCIKIT_INSECURE_OPEN: '1',
    OCIKIT_MIRROR: 'docker.io=https://mirror.example, ghcr.io',
    OCIKIT_MIRROR_TTL: '5m',
    OCIKIT_MIRROR_MAX_SIZE: '1GiB',
    OCIKIT_MIRROR_OFFLINE: 'no',
  }
  const kit = ocikit({ storage: memory(), ...fromEnv(variables, features) })
  const got = await send(kit, 'HEAD', '/v2/docker.io/library/alpine/manifests/3')
  expect([got.status, got.headers.get('docker-content-digest')]).toEqual([200, digest])
  expect(asked).toEqual(['https://mirror.example', 'ghcr.io'])
  await kit.close()
})

test.each([
  [{ OCIKIT_SPARSE: 'perhaps' }, 'OCIKIT_SPARSE must be 1'],
  [{ OCIKIT_MAX_BLOB_SIZE: '0' }, 'OCIKIT_MAX_BLOB_SIZE must be a number'],
  [{ OCIKIT_QUOTA: 'team' }, 'OCIKIT_QUOTA must be as in team=10GiB'],
  [{ OCIKIT_QUOTA: 'team=x' }, 'the size in OCIKIT_QUOTA must be'],
  [{ OCIKIT_CORS: 'example.com' }, 'OCIKIT_CORS must be'],
  [{ OCIKIT_DELETE: '1', OCIKIT_NO_DELETE: '1' }, 'contradict'],
  [{ OCIKIT_USER: 'a:b\na:c' }, 'two users'],
  [{ OCIKIT_GC_GRACE: '1' }, 'OCIKIT_GC_GRACE must be a time'],
  [{ OCIKIT_RATE_LIMIT: '0/s' }, 'OCIKIT_RATE_LIMIT must be requests by time'],
  [{ OCIKIT_INSPECT_HEADER: 'a b' }, 'the header of the inspector must be a name'],
  [{ OCIKIT_WEBHOOK: 'https://ci.example' }, 'OCIKIT_WEBHOOK needs OCIKIT_WEBHOOK_SECRET'],
  [{ OCIKIT_WEBHOOK: 'https://ci.example', OCIKIT_WEBHOOK_SECRET: 'topsecret' }, 'at least 24 bytes'],
  [{ OCIKIT_RETENTION: 'rules.json' }, 'OCIKIT_RETENTION must be rules as JSON'],
  [{ OCIKIT_RETENTION: '[{"tags":1}]' }, 'tags'],
  [{ OCIKIT_IMMUTABLE_TAGS: 'v 1' }, 'OCIKIT_IMMUTABLE_TAGS must be a glob'],
  [{ OCIKIT_MIRROR: 'docker.io,docker.io' }, 'OCIKIT_MIRROR has the same host twice'],
  [{ OCIKIT_MIRROR: 'docker.io', OCIKIT_MIRROR_TTL: 'soon' }, 'OCIKIT_MIRROR_TTL must be a time'],
])('%o is refused', (variables, message) => {
  expect(() => fromEnv(variables, FEATURES)).toThrow(message)
  expect(() => fromEnv(variables, FEATURES)).not.toThrow(/topsecret/)
})

test('a password is never shown', () => {
  expect(() => fromEnv({ OCIKIT_USER: ':topsecret' })).toThrow(/^OCIKIT_USER must be name:password$/)
})
