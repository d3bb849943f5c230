/** A registry made of others, as `ocikit serve --config` takes it: each kind alone, and nested. */

import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { type Client, createClient } from '../../src/client/index.ts'
import { RegistryError, users } from '../../src/index.ts'
import { type Sample, textOf } from '../../src/testing/registry/samples.ts'
import { all, scopeOf } from '../../src/testing/registry/scope.ts'
import { bucketOptions, describeBucket } from '../storage/s3/bucket.ts'
import { configurations } from './serving.ts'

const { at, file, withServed } = configurations()
/** A registry that is there already, with a user. */
let there: ListeningRegistry
let atThere: Client
beforeAll(async () => {
  there = await listen({ auth: users([{ name: 'ann', password: 'pa55word' }]) })
  const credentials = { username: 'ann', password: 'pa55word' }
  atThere = createClient(there.url, { credentials })
})
afterAll(() => there?.close())

const MEMORY = { kind: 'memory' }
const PASSWORD = { env: { ANNS_PASSWORD: 'pa55word' } }
const client = () => ({
  kind: 'client',
  url: there.url,
  credentials: { username: 'ann', password: { env: 'ANNS_PASSWORD' } },
})

/** Pushes an image and pulls it again. */
async function roundTrip(registry: Client, repo: string): Promise<Sample> {
  const scope = { ...scopeOf(registry, expect) }
  const blob = await textOf(`layer of ${repo}`)
  await scope.push(blob, repo)
  await scope.expectBlob(blob, repo)
  const index = await scope.pushIndex(['v1'], {}, repo)
  await scope.expectManifest('v1', index, repo)
  expect(await all(registry.tags(repo))).toEqual(['v1'])
  return index
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof RegistryError ? error.code : String(error)),
  )

describe('kinds that keep content', () => {
  test('memory', () => withServed(MEMORY, async (registry) => void (await roundTrip(registry, 'a'))))

  test('fs: in a folder beside the file, from one run to the next', async () => {
    const registry = { kind: 'fs', folder: 'kept' }
    let pushed: Sample | undefined
    await withServed(registry, async (client) => {
      pushed = await roundTrip(client, 'a')
    })
    await withServed(registry, async (client) => {
      expect((await client.resolveManifest('a', 'v1')).digest).toBe(pushed!.digest)
    })
  })

  test('quotas, rules and sparse content are those of each store', async () => {
    await file('rules.json', [{ tags: 'pr-*', keep: { pushed: '14d' } }])
    const strict = { kind: 'memory', quotas: ['*=,1'], retention: 'rules.json' }
    const hosts = { strict, sparse: { kind: 'memory', sparse: true } }
    await withServed({ kind: 'route', hosts }, async (client) => {
      const [strict, sparse] = [scopeOf(client, expect), scopeOf(client, expect)]
      const missing = { manifests: [{ mediaType: 'a/b', digest: `sha256:${'0'.repeat(64)}`, size: 1 }] }
      expect(await codeOf(strict.pushIndex(['v1'], missing, 'strict/a'))).toBe('MANIFEST_BLOB_UNKNOWN')
      await sparse.pushIndex(['v1'], missing, 'sparse/a')
      await strict.pushIndex(['v1'], {}, 'strict/a')
      expect(await codeOf(strict.pushIndex(['v2'], {}, 'strict/a'))).toBe('DENIED')
    })
  })

  test('client: with credentials of the environment, which are not in the file', async () => {
    await withServed(client(), async (registry) => void (await roundTrip(registry, 'through')), PASSWORD)
    expect((await atThere.resolveManifest('through', 'v1')).size).toBeGreaterThan(0)
  })

  test('client: with a secret in a file, and sizes and times', async () => {
    await writeFile(at('secret'), 'pa55word\n')
    const limits = { chunkSize: '1MiB', maxManifestSize: '1MiB', timeout: '30s', userAgent: 'mirror' }
    const credentials = { username: 'ann', password: { file: 'secret' } }
    await withServed({ ...client(), credentials, ...limits }, async (registry) => {
      await roundTrip(registry, 'by-file')
    })
  })

  test('client: with the credentials of docker login', async () => {
    const auths = { [new URL(there.url).host]: { auth: btoa('ann:pa55word') } }
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) }
    const registry = { kind: 'client', url: there.url, credentials: 'docker' }
    await withServed(registry, async (client) => void (await roundTrip(client, 'by-docker')), { env })
  })
})

describeBucket('s3', () => {
  test('with the credentials of the AWS tools, and with its own', async () => {
    const { endpoint, bucket, region = '', prefix = '', credentials } = bucketOptions()
    const keys = credentials as { accessKeyId: string; secretAccessKey: string }
    const registry = {
      kind: 's3',
      bucket,
      region,
      endpoint: String(endpoint),
      prefix: `${prefix}expression/`,
    }
    const aws = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey }
    await withServed(registry, async (client) => void (await roundTrip(client, 'a')), { env: aws })
    const own = { accessKeyId: { env: 'OWN_ID' }, secretAccessKey: { env: 'OWN_KEY' } }
    const env = { OWN_ID: keys.accessKeyId, OWN_KEY: keys.secretAccessKey }
    await withServed(
      { ...registry, credentials: own },
      async (client) => {
        expect(await all(client.tags('a'))).toEqual(['v1'])
      },
      { env },
    )
  })
})

describe('kinds that change another registry', () => {
  test('select: what is included and not excluded', async () => {
    const registry = {
      kind: 'select',
      registry: MEMORY,
      include: ['team/**', 'base'],
      exclude: 'team/secret',
    }
    await withServed(registry, async (client) => {
      await roundTrip(client, 'team/a')
      await roundTrip(client, 'base')
      for (const repo of ['team/secret', 'other']) {
        expect(await codeOf(client.startUpload(repo))).toBe('DENIED')
        expect(await codeOf(client.getManifest(repo, 'v1'))).toBe('NAME_UNKNOWN')
      }
      expect(await all(client.repositories())).toEqual(['base', 'team/a'])
    })
  })

  test('docker 1.26: each of two patterns may be left out', async () => {
    const some = { kind: 'select', registry: MEMORY }
    const hosts = { all: some, in: { ...some, include: 'a' }, out: { ...some, exclude: ['a'] } }
    await withServed({ kind: 'route', hosts }, async (client) => {
      for (const [repo, code] of [
        ['all/a', 'no error'],
        ['in/a', 'no error'],
        ['in/b', 'DENIED'],
        ['out/a', 'DENIED'],
        ['out/b', 'no error'],
      ] as const)
        expect([repo, await codeOf(client.startUpload(repo))]).toEqual([repo, code])
    })
  })

  test('readOnly: reads, and changes nothing', async () => {
    const scope = scopeOf(atThere, expect)
    const index = await scope.pushIndex(['v1'], {}, 'for-reading')
    await withServed(
      { kind: 'readOnly', registry: client() },
      async (registry) => {
        expect((await registry.resolveManifest('for-reading', 'v1')).digest).toBe(index.digest)
        expect(await codeOf(registry.startUpload('for-reading'))).toBe('UNSUPPORTED')
        expect(await codeOf(registry.deleteTag('for-reading', 'v1'))).toBe('UNSUPPORTED')
      },
      PASSWORD,
    )
  })

  test('immutable: tags never move', async () => {
    await withServed({ kind: 'immutable', registry: MEMORY }, async (client) => {
      await roundTrip(client, 'a')
      const other = scopeOf(client, expect).pushIndex(['v1'], { annotations: { other: 'yes' } }, 'a')
      expect(await codeOf(other)).toBe('DENIED')
      expect(await codeOf(client.deleteTag('a', 'v1'))).toBe('DENIED')
    })
  })

  test('checkAccess: rules about who calls', async () => {
    const rules = [
      { who: 'everyone', repositories: 'secret/**', hide: 'all' },
      { who: 'user:ann', allow: 'all' },
      { who: 'everyone', repositories: 'public/**', allow: 'read' },
    ]
    const auth = {
      users: [
        { name: 'ann', password: 'a' },
        { name: 'bob', password: 'b' },
      ],
    }
    const registry = { kind: 'checkAccess', registry: MEMORY, policy: { rules } }
    await withServed(
      registry,
      async (_, { url }) => {
        const ann = createClient(url, { credentials: { username: 'ann', password: 'a' } })
        const bob = createClient(url, { credentials: { username: 'bob', password: 'b' } })
        await roundTrip(ann, 'public/a')
        expect((await bob.resolveManifest('public/a', 'v1')).size).toBeGreaterThan(0)
        expect(await codeOf(bob.deleteTag('public/a', 'v1'))).toBe('DENIED')
        expect(await codeOf(bob.startUpload('public/a'))).toBe('DENIED')
        expect(await codeOf(bob.getManifest('team/a', 'v1'))).toBe('DENIED')
        expect(await codeOf(ann.getManifest('secret/a', 'v1'))).toBe('NAME_UNKNOWN')
      },
      { more: { auth } },
    )
  })

  test('unify: reads of all, writes to the first', async () => {
    await scopeOf(atThere, expect).pushIndex(['v1'], {}, 'in-second')
    const registry = { kind: 'unify', registries: [MEMORY, client()], read: 'atOnce', write: 'first' }
    await withServed(
      registry,
      async (client) => {
        await roundTrip(client, 'in-first')
        expect(await all(client.tags('in-second'))).toEqual(['v1'])
        expect(await codeOf(atThere.getManifest('in-first', 'v1'))).toMatch(/_UNKNOWN$/)
      },
      PASSWORD,
    )
  })

  test('debug: a line for each call, under its name', async () => {
    await withServed({ kind: 'debug', name: 'inner', registry: MEMORY }, async (client, { stderr }) => {
      await roundTrip(client, 'a')
      expect(stderr()).toMatch(/ info call name=inner args="a v1.*" method=getManifest .*result=/)
      expect(stderr()).not.toContain('layer of a')
    })
  })

  test('sub: what lies below a name', async () => {
    const registry = { kind: 'sub', registry: client(), prefix: 'mirror/hub' }
    await withServed(registry, async (inner) => void (await roundTrip(inner, 'a')), PASSWORD)
    expect(await all(atThere.tags('mirror/hub/a'))).toEqual(['v1'])
  })

  test('route: by the first part of a name, listed together', async () => {
    const hosts = { 'docker.io': MEMORY, releases: MEMORY }
    await withServed({ kind: 'route', hosts }, async (client) => {
      await roundTrip(client, 'docker.io/library/a')
      await roundTrip(client, 'releases/b')
      expect(await all(client.repositories())).toEqual(['docker.io/library/a', 'releases/b'])
      expect(await codeOf(client.startUpload('other/a'))).toBe('NAME_UNKNOWN')
    })
  })

  test('route: the first whose globs match', async () => {
    const routes = [
      { repositories: ['team/**', 'base'], registry: MEMORY },
      { repositories: '**', registry: { kind: 'readOnly', registry: MEMORY } },
    ]
    await withServed({ kind: 'route', routes }, async (client) => {
      await roundTrip(client, 'team/a')
      expect(await codeOf(client.startUpload('other'))).toBe('UNSUPPORTED')
    })
  })

  test('docker 1.27: each within the others, six deep', async () => {
    const mirror = { kind: 'readOnly', registry: { kind: 'sub', prefix: 'deep', registry: client() } }
    const own = { kind: 'debug', registry: { kind: 'immutable', registry: { kind: 'fs', folder: 'nested' } } }
    const both = { kind: 'unify', registries: [own, mirror], write: 'first' }
    const some = { kind: 'select', exclude: 'secret/**', registry: both }
    const policy = { rules: [{ who: 'everyone', allow: 'all' }] }
    await scopeOf(atThere, expect).pushIndex(['v1'], {}, 'deep/there')
    await withServed(
      { kind: 'checkAccess', policy, registry: { kind: 'route', hosts: { all: some } } },
      async (client, { stderr }) => {
        await roundTrip(client, 'all/here')
        expect(await all(client.tags('all/there'))).toEqual(['v1'])
        expect(await codeOf(client.deleteTag('all/here', 'v1'))).toBe('DENIED')
        expect(await codeOf(client.getManifest('all/secret/a', 'v1'))).toBe('NAME_UNKNOWN')
        expect(await all(client.repositories())).toEqual(['all/here', 'all/there'])
        expect(stderr()).toContain('method=pushManifest')
      },
      PASSWORD,
    )
  })

  test('logins get tokens, also in front of a registry that keeps nothing', async () => {
    const auth = { users: [{ name: 'ann', password: 'a' }], tokenService: true }
    await withServed(
      client(),
      async (_, { url }) => {
        await roundTrip(createClient(url, { credentials: { username: 'ann', password: 'a' } }), 'by-token')
      },
      { ...PASSWORD, more: { auth } },
    )
  })
})
