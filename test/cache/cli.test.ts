import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { createClient } from '../../src/client/index.ts'
import { contentOf } from '../../src/content.ts'
import { createStore, memory, passThrough, users } from '../../src/index.ts'
import { sampleOf } from '../../src/testing/registry/samples.ts'
import { run, start } from '../cli/run.ts'
import { temporaryFolder } from '../clients/process.ts'
import { pushImage } from './stage.ts'

describe('ocikit serve --mirror', () => {
  test('reads through, keeps it in the folder, and goes on without the upstream', async () => {
    const folder = await temporaryFolder()
    try {
      const upstream = await start(['--memory'])
      const { manifest, layer } = await pushImage(createClient(upstream.url), 'team/app', '1', 100_000)
      const flags = ['--data', folder.path, '--mirror', `docker.io=${upstream.url}`, '--mirror-ttl', '0']
      const pull = async (url: string) => {
        const mirror = createClient(url, { retry: false })
        const blob = await mirror.getBlob('docker.io/team/app', layer.digest)
        expect((await blob.bytes()).length).toBe(100_000)
        return (await mirror.getManifest('docker.io/team/app', '1')).descriptor.digest
      }
      const first = await start(flags)
      expect(await pull(first.url)).toBe(manifest.digest)
      expect(await first.stop()).toBe(0)
      await upstream.stop()
      await using second = await start(flags)
      expect(await pull(second.url)).toBe(manifest.digest)
    } finally {
      await folder.remove()
    }
  })

  test('an upstream that is killed in the middle of a blob and comes back: the pull goes on', async () => {
    const store = createStore({ storage: memory() })
    const { layer } = await pushImage(store, 'team/app', '1', 3_000_000)
    const ranges: (object | undefined)[] = []
    let kill = () => {}
    const breaking = passThrough(store, {
      async getBlob(repo, digest, options) {
        ranges.push(options?.range)
        const content = await store.getBlob(repo, digest, options)
        if (ranges.length > 1) return content
        const half = layer.bytes.slice(0, 1_500_000)
        return contentOf(content.descriptor, () => endless(half, () => kill()))
      },
    })
    const upstream = await listen({ registry: breaking })
    const { port } = new URL(upstream.url)
    const restarted = new Promise<ListeningRegistry>((resolve, reject) => {
      kill = () => {
        const back = upstream.close().then(() => listen({ registry: breaking, port: Number(port) }))
        back.then(resolve, reject)
      }
    })
    await using mirror = await start(['--memory', '--mirror', `docker.io=${upstream.url}`])
    const client = createClient(mirror.url, { retry: false })
    const pulls = Array.from({ length: 5 }, async () => {
      const blob = await client.getBlob('docker.io/team/app', layer.digest)
      return (await sampleOf(await blob.bytes())).digest
    })
    expect(new Set(await Promise.all(pulls))).toEqual(new Set([layer.digest]))
    expect(ranges).toEqual([undefined, { first: 1_500_000, last: 2_999_999 }])
    await (await restarted).close()
  })

  test('uses the credentials that are there when it needs them', async () => {
    const folder = await temporaryFolder()
    try {
      await using upstream = await listen({ auth: users([{ name: 'ann', password: 'secret' }]) })
      const { manifest } = await pushImage(upstream.registry, 'team/app', '1')
      const login = (password: string) => {
        const auths = { [upstream.host]: { auth: btoa(`ann:${password}`) } }
        return writeFile(folder.at('config.json'), JSON.stringify({ auths }))
      }
      await login('wrong')
      const env = { DOCKER_CONFIG: folder.path, HOME: folder.path }
      await using mirror = await start(['--memory', '--mirror', `docker.io=${upstream.url}`], { env })
      const client = createClient(mirror.url, { retry: false })
      const pull = () => client.getManifest('docker.io/team/app', '1')
      await expect(pull()).rejects.toMatchObject({ status: 403 })
      await login('secret')
      expect((await pull()).descriptor.digest).toBe(manifest.digest)
      expect(mirror.stderr() + mirror.stdout()).not.toContain('secret')
    } finally {
      await folder.remove()
    }
  })

  test.each([
    [['--mirror', 'hub=https://hub.example'], 'no host to mirror'],
    [['--mirror', 'docker.io=ftp://hub.example'], 'the URL of a registry'],
    [['--mirror', 'docker.io', '--mirror', 'docker.io=https://hub.example'], 'the same host twice'],
    [['--mirror-ttl', '5m'], 'are about --mirror'],
    [['--mirror', 'docker.io', '--mirror-ttl', 'soon'], '--mirror-ttl must be a time'],
    [
      ['--mirror', 'docker.io', '--mirror-max-size', '0'],
      '--mirror-max-size must be a number of bytes above 0',
    ],
    [['--mirror', 'docker.io=https://me:secret@hub.example'], 'holds no credentials'],
  ])('%j is refused in one line', async (flags, message) => {
    const { code, stderr } = await run(['serve', '--memory', ...flags])
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('secret')
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1])
  })
})

describe('the kind cache of a configuration file', () => {
  const store = { kind: 'fs', folder: 'kept', sparse: true }

  test('reads through, and keeps it in its store', async () => {
    const folder = await temporaryFolder()
    try {
      const upstream = await start(['--memory'])
      const { manifest, layer } = await pushImage(createClient(upstream.url), 'team/app', '1')
      const registry = {
        kind: 'cache',
        upstream: { kind: 'client', url: upstream.url },
        store,
        ttl: '5m',
        maxSize: '1MiB',
      }
      await writeFile(folder.at('config.json'), JSON.stringify({ registry }))
      await using served = await start(['--config', folder.at('config.json')])
      const client = createClient(served.url, { retry: false })
      expect((await client.getManifest('team/app', '1')).descriptor.digest).toBe(manifest.digest)
      await (await client.getBlob('team/app', layer.digest)).bytes()
      await upstream.stop()
      expect((await client.getManifest('team/app', '1')).descriptor.digest).toBe(manifest.digest)
      expect((await (await client.getBlob('team/app', layer.digest)).bytes()).length).toBe(1000)
    } finally {
      await folder.remove()
    }
  })

  test('wants a sparse store', async () => {
    const folder = await temporaryFolder()
    try {
      const registry = { kind: 'cache', upstream: { kind: 'memory' }, store: { ...store, sparse: false } }
      await writeFile(folder.at('config.json'), JSON.stringify({ registry }))
      const { code, stderr } = await run(['serve', '--config', folder.at('config.json')])
      expect(stderr).toContain('registry.store: must have "sparse": true')
      expect(code).toBe(2)
    } finally {
      await folder.remove()
    }
  })
})

/** Bytes after which nothing comes; `then` is called when they are taken. */
function endless(bytes: Uint8Array, then: () => void): ReadableStream<Uint8Array> {
  let isSent = false
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (!isSent) controller.enqueue(bytes)
        else then()
        isSent = true
      },
    },
    { highWaterMark: 0 },
  )
}
