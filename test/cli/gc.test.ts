import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { digestOf, INDEX, indexOf } from '../engine/stage.ts'
import { inFolderEach } from './folder.ts'
import { run, start } from './run.ts'

let data = ''
inFolderEach((path) => {
  data = path
})

async function send(url: string, init: RequestInit): Promise<void> {
  const response = await fetch(url, init)
  expect([response.status, await response.text()].slice(0, 1), url).toEqual([
    init.method === 'DELETE' ? 202 : 201,
  ])
}

/** Pushes an index of blobs; returns its URL by digest. */
async function push(registry: string, contents: readonly string[], tag: string): Promise<string> {
  for (const body of contents)
    await send(`${registry}/blobs/uploads/?digest=${digestOf(body)}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/octet-stream' },
    })
  const body = indexOf(contents.map((content) => digestOf(content)))
  await send(`${registry}/manifests/${tag}`, {
    method: 'PUT',
    body: body as Uint8Array<ArrayBuffer>,
    headers: { 'content-type': INDEX },
  })
  return `${registry}/manifests/${digestOf(body)}`
}

/** Files that hold bytes of blobs. */
async function contents(): Promise<string[]> {
  const files = await readdir(data, { recursive: true, withFileTypes: true })
  return files
    .filter((file) => file.isFile() && /^[0-9a-f]{64}\./.test(file.name))
    .filter(({ parentPath }) => !parentPath.includes('records'))
    .map(({ name }) => name.slice(0, 64))
    .sort()
}

const hex = (content: string) => digestOf(content).slice(7)

describe('ocikit gc', () => {
  test('frees what was deleted, on a folder that no server holds; the rest still pulls', async () => {
    await using server = await start(['--data', data, '--log', 'off'])
    const kept = await push(`${server.url}/v2/kept`, ['shared', 'kept'], 'v1')
    const gone = await push(`${server.url}/v2/gone`, ['shared', 'only here'], 'v1')
    await send(gone, { method: 'DELETE' })

    const refused = await run(['gc', '--data', data, '--grace', '0'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(/^ocikit: .*(in use|another process).*\n$/)
    await server.stop()

    expect((await run(['gc', '--data', data])).stdout).toBe('freed 0 bytes\n')
    const told = '9 bytes\n  2 blobs: no manifest refers to\n  1 content: nothing links\n'
    const dry = await run(['gc', '--data', data, '--grace', '0', '--dry-run'])
    expect(dry.stdout).toContain(`would free ${told}`)
    expect(await contents()).toEqual([hex('shared'), hex('kept'), hex('only here')].sort())
    const done = await run(['gc', '--data', data, '--grace', '0'])
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toBe(dry.stdout.replace('would free', 'freed'))
    expect(await contents()).toEqual([hex('shared'), hex('kept')].sort())
    expect((await run(['gc', '--data', data, '--grace', '0'])).stdout).toBe('freed 0 bytes\n')

    await using again = await start(['--data', data, '--log', 'off'])
    expect((await fetch(kept.replace(server.url, again.url))).status).toBe(200)
    for (const content of ['shared', 'kept']) {
      const pulled = await fetch(`${again.url}/v2/kept/blobs/${digestOf(content)}`)
      expect(await pulled.text()).toBe(content)
    }
    const blob = await fetch(`${again.url}/v2/gone/blobs/${digestOf('only here')}`)
    expect([blob.status, (await blob.text()).includes('BLOB_UNKNOWN')]).toEqual([404, true])
  })

  test('takes uploads that nobody has finished', async () => {
    await using server = await start(['--data', data, '--log', 'off'])
    const begun = await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: 'POST' })
    await fetch(new URL(begun.headers.get('location')!, server.url), { method: 'PATCH', body: 'abc' })
    await server.stop('SIGKILL')
    expect((await run(['gc', '--data', data, '--grace', '0'])).stdout).toMatch(/1 upload session: over/)
    expect((await readdir(data, { recursive: true })).filter((name) => /uploads\/|part/.test(name))).toEqual(
      [],
    )
  })

  test.each([
    [['--data', '/nowhere/at/all'], /there is no folder "\/nowhere\/at\/all"/],
    [['--data', 's3://bucket'], /gc needs a folder/],
    [['--grace', 'soon'], /--grace must be a time/],
    [['more'], /gc takes flags only/],
    [['--nothing'], /nothing/],
  ])('%j is refused', async (args, why) => {
    const { code, stderr } = await run(['gc', ...args])
    expect(code).toBe(2)
    expect(stderr).toMatch(why)
    expect(stderr.trim().split('\n').length).toBe(1)
  })

  test('of a server that runs, by itself, and it is logged', async () => {
    const { createStore } = await import('../../src/index.ts')
    const { fs } = await import('../../adapters/storage/fs/index.ts')
    const { utimes } = await import('node:fs/promises')
    const storage = await fs(data)
    const store = createStore({ storage })
    await store.pushBlob('a', { digest: digestOf('x') }, new TextEncoder().encode('x'))
    await store.pushManifest('a', indexOf([digestOf('x')]), INDEX)
    await store.deleteManifest('a', digestOf(indexOf([digestOf('x')])))
    await storage.close?.()
    const old = Date.now() / 1000 - 3 * 24 * 3600
    for (const name of await readdir(join(data, 'records/blobs'), { recursive: true }))
      await utimes(join(data, 'records/blobs', name), old, old)
    await using server = await start(['--data', data, '--log', 'json'])
    await vi.waitFor(() => expect(server.stderr()).toMatch(/"space freed","links":1/), 20_000)
    expect((await fetch(`${server.url}/v2/a/blobs/${digestOf('x')}`)).status).toBe(404)
    expect(await server.stop()).toBe(0)
  })
})
