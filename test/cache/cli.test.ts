import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
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
