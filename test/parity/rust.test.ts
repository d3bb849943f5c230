/**
 * Whoever comes from a Rust crate with a registry for axum finds here what it could do. Each test is one capability.
 * That all flows work on all storages is the table of test/runtimes/cells.ts; the configuration file is in
 * test/cli/config.test.ts.
 */

import { readdir, readFile } from 'node:fs/promises'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { fs } from '../../adapters/storage/fs/index.ts'
import { events } from '../../src/compose/index.ts'
import {
  createStore,
  memory,
  type OcikitOptions,
  ocikit,
  open,
  passThrough,
  RegistryError,
  users,
} from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { run as command, start } from '../cli/run.ts'
import { temporaryFolder } from '../clients/process.ts'
import {
  basic,
  codesOf,
  digestOf,
  imageOf,
  OCI_MANIFEST,
  pushBlob,
  pushImage,
  pushManifest,
  utf8,
} from './content.ts'

const image = imageOf('an image')
const MIB = 1024 * 1024

test('a library call makes a handler that an application routes to', async () => {
  const kit = ocikit({ storage: memory(), auth: open() })
  const app = new Hono().get('/health', (c) => c.text('well')).route('/', kit.app)
  expect(await (await app.request('/health')).text()).toBe('well')
  expect((await app.request('/v2/')).status).toBe(200)
  await kit.close()
})

describe('the command', () => {
  test('listens where it is told, on a folder, with a password, and logs or not', async () => {
    await using folder = await disposable()
    const flags = ['--host', '127.0.0.1', '--data', folder.path, '--user', 'ann:secret']
    {
      await using server = await start([...flags, '--log', 'text'])
      expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect((await fetch(`${server.url}/v2/`)).status).toBe(401)
      await pushImage(at(server.url), 'a/b', '1', image, basic('ann', 'secret'))
      expect(await server.stop()).toBe(0)
      expect(server.stderr()).toContain('PUT /v2/a/b/manifests/1 201')
    }
    await using server = await start([...flags, '--log', 'off'])
    const headers = basic('ann', 'secret')
    expect((await fetch(`${server.url}/v2/a/b/manifests/1`, { headers })).status).toBe(200)
    expect(await server.stop()).toBe(0)
    expect(server.stderr()).toBe('')
  })

  test('has levels of the log', async () => {
    const said = async (level: string): Promise<string> => {
      await using server = await start(['--memory', '--log', 'json', '--log-level', level])
      expect((await fetch(`${server.url}/v2/a/b/manifests/1`)).status).toBe(404)
      expect(await server.stop()).toBe(0)
      return server.stderr()
    }
    const [all, most, few] = await Promise.all(['debug', 'info', 'error'].map(said))
    expect(all).toMatch(/"level":"debug","message":"refused",.*"code":"MANIFEST_UNKNOWN"/)
    expect(all).toMatch(/"level":"info","message":"request",.*"status":404/)
    expect(most).toMatch(/"level":"info","message":"request",.*"status":404/)
    expect(most).not.toContain('"level":"debug"')
    expect(few).toBe('')
  })

  test('forgets everything at its end with --memory', async () => {
    for (const status of [404, 404]) {
      await using server = await start(['--memory', '--log', 'off'])
      expect((await fetch(`${server.url}/v2/a/b/manifests/1`)).status).toBe(status)
      await pushImage(at(server.url), 'a/b', '1', image)
    }
  })

  test('has help and a version', async () => {
    expect(await command(['serve', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--data'),
    })
    expect(await command(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
  })
})

describe('nobody gets access by something left out', () => {
  test('in code there is no registry without auth', () => {
    expect(() => ocikit({ storage: memory() } as unknown as OcikitOptions)).toThrow('auth is missing')
  })

  test('no users means no access', async () => {
    await using registry = testRegistry({ auth: users([]) })
    for (const path of ['', 'a/tags/list', '_catalog', `a/blobs/sha256:${'0'.repeat(64)}`]) {
      expect((await registry.fetch(`/v2/${path}`)).status, path).toBe(401)
    }
  })

  test.each(['0.0.0.0', '::', '192.0.2.1', 'registry.example'])(
    'the command does not open %s',
    async (host) => {
      const { code, stderr } = await command(['serve', '--memory', '--port', '0', '--host', host])
      expect(code).toBe(2)
      expect(stderr).toMatch(/refusing to listen .* without a user/)
    },
  )
})

test('a push of a manifest can be vetoed before and noticed after, by a registry around the store', async () => {
  const pushed: unknown[] = []
  const store = createStore({ storage: memory() })
  const registry = passThrough(store, {
    async pushManifest(repo, bytes, mediaType, options) {
      if (options?.tags?.includes('prod')) throw new RegistryError('DENIED', 'not on a Friday')
      const result = await store.pushManifest(repo, bytes, mediaType, options)
      pushed.push({
        repo,
        digest: result.descriptor.digest,
        tags: result.tags,
        by: options?.context?.subject,
      })
      return result
    },
  })
  await using site = testRegistry({ registry })
  const digest = await pushImage(site, 'a/b', 'test', image)
  const vetoed = await pushManifest(site, 'a/b', 'prod', image.manifest, OCI_MANIFEST)
  expect([vetoed.status, await codesOf(vetoed)]).toEqual([403, ['DENIED']])
  expect(pushed).toEqual([{ repo: 'a/b', digest, tags: ['test'], by: null }])
})

describe.each(['memory', 'files'])('in %s', (kind) => {
  const storageOf = (folder: string) => (kind === 'memory' ? memory() : fs(folder))

  test('a tag changes in one step: readers see the old image or the new one', async () => {
    await using folder = await disposable()
    await using registry = testRegistry({ storage: await storageOf(folder.path) })
    const [first, second] = [image, imageOf('another image')]
    const digests = [await pushImage(registry, 'a', '1', first), await pushImage(registry, 'a', '1', second)]
    let done = false
    const readers = Array.from({ length: 4 }, async () => {
      const seen = new Set<string>()
      while (!done) {
        const answer = await registry.fetch('/v2/a/manifests/1')
        seen.add(`${answer.status} ${digestOf(new Uint8Array(await answer.arrayBuffer()))}`)
        // What is in memory answers at once: the writer must get its turn all the same.
        await new Promise((resolve) => setTimeout(resolve))
      }
      return seen
    })
    for (let i = 0; i < 20; i++) {
      const next = i % 2 === 0 ? first : second
      expect((await pushManifest(registry, 'a', '1', next.manifest, OCI_MANIFEST)).status).toBe(201)
    }
    done = true
    for (const seen of await Promise.all(readers)) {
      for (const each of seen) expect(digests.map((digest) => `200 ${digest}`)).toContain(each)
    }
  })
})

test('what was pushed to one repository takes no more space in another', async () => {
  await using folder = await disposable()
  await using registry = testRegistry({ storage: await fs(folder.path) })
  const layer = utf8('a layer '.repeat(1000))
  for (const repo of ['a', 'b/c']) expect((await pushBlob(registry, repo, layer)).status).toBe(201)
  const mount = `/v2/d/blobs/uploads/?mount=${digestOf(layer)}&from=a`
  expect((await registry.fetch(mount, { method: 'POST' })).status).toBe(201)
  const files = await readdir(`${folder.path}/content`, { recursive: true, withFileTypes: true })
  expect(files.filter((entry) => entry.isFile())).toHaveLength(1)
})

describe('for tests', () => {
  test('registries listen on free ports, and are gone at the end of the block', async () => {
    let url = ''
    {
      await using one = await listen()
      await using two = await listen()
      expect(one.url).not.toBe(two.url)
      url = one.url
      await pushImage(one, 'a/b', '1', image)
      expect((await fetch(`http://${one.host}/v2/a/b/manifests/1`)).status).toBe(200)
      expect((await two.fetch('/v2/a/b/manifests/1')).status).toBe(404)
    }
    await expect(fetch(`${url}/v2/`)).rejects.toThrow()
  })

  test('a folder is free again at the end of the block', async () => {
    await using folder = await disposable()
    for (const expected of [404, 200]) {
      await using registry = await listen({ storage: await fs(folder.path) })
      expect((await registry.fetch('/v2/a/manifests/1')).status).toBe(expected)
      await pushImage(registry, 'a', '1', image)
    }
  })

  test('a registry in the process needs no network', async () => {
    await using registry = testRegistry()
    await pushImage(registry, 'a', '1', image)
    expect((await registry.registry.resolveManifest('a', '1' as never)).digest).toBe(digestOf(image.manifest))
  })
})

describe('uploads stream', () => {
  /** Bytes on demand, and how many were asked for. */
  function source(size: number) {
    let given = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (given >= size) return controller.close()
          given += 64 * 1024
          controller.enqueue(new Uint8Array(64 * 1024))
        },
      },
      { highWaterMark: 0 },
    )
    return { body, given: () => given }
  }

  test('a limit stops a body of any length while it comes in', async () => {
    await using registry = testRegistry({ maxBlobSize: MIB })
    const begun = await registry.fetch('/v2/a/blobs/uploads/', { method: 'POST' })
    const { body, given } = source(Number.POSITIVE_INFINITY)
    const init: RequestInit & { duplex: string } = { method: 'PATCH', body, duplex: 'half' }
    const answer = await registry.fetch(begun.headers.get('location')!, init)
    expect([answer.status, await codesOf(answer)]).toEqual([413, ['SIZE_INVALID']])
    expect(given()).toBeLessThan(2 * MIB)
  })

  test.skipIf(process.platform !== 'linux')(
    'a large one does not fill the memory of the server',
    async () => {
      await using folder = await disposable()
      await using server = await start(['--data', folder.path, '--log', 'off'])
      const peak = async () => {
        const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8')
        return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)![1]) * 1024
      }
      await pushImage(at(server.url), 'a', '1', image)
      const before = await peak()
      const begun = await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: 'POST' })
      const init: RequestInit & { duplex: string } = {
        method: 'PATCH',
        body: source(160 * MIB).body,
        duplex: 'half',
      }
      const answer = await fetch(new URL(begun.headers.get('location')!, server.url), init)
      expect([answer.status, answer.headers.get('range')]).toEqual([202, `0-${160 * MIB - 1}`])
      expect((await peak()) - before).toBeLessThan(100 * MIB)
    },
  )
})

const at = (url: string) => ({ fetch: (path: string, init?: RequestInit) => fetch(url + path, init) })

async function disposable() {
  const folder = await temporaryFolder()
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.remove() }
}

test('a hook on the upload of a manifest: events before, which may refuse, and after every change and pull', async () => {
  const told: string[] = []
  const refused: number[] = []
  await using registry = testRegistry({
    events: events({
      before(event) {
        if (event.type === 'tag' && event.tag === 'prod') throw new RegistryError('DENIED', 'not on a Friday')
      },
      after: (event) => told.push(`${event.type} ${event.repository}`),
    }),
  })
  await pushImage(registry, 'a', '1', image)
  refused.push((await pushManifest(registry, 'a', 'prod', image.manifest, image.type)).status)
  refused.push((await registry.fetch('/v2/a/manifests/prod')).status)
  expect(refused).toEqual([403, 404])
  expect((await registry.fetch('/v2/a/manifests/1')).status).toBe(200)
  expect((await registry.fetch('/v2/a/manifests/1', { method: 'DELETE' })).status).toBe(202)
  const all = ['blob a', 'blob a', 'manifest a', 'tag a', 'pull a', 'delete a']
  await expect.poll(() => told).toEqual(all)
})
