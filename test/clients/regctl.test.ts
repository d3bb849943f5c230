/**
 * regctl copies images with what belongs to them, lists and deletes tags, makes indexes.
 * @module
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, manifestOf, referrersOf, tagsOf } from './api.ts'
import { type Regctl, sbom, startRegctl } from './regctl.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { describeClient } from './tools.ts'

describeClient('regctl', { commands: ['regctl'] }, () => {
  let all: Regctl

  const remote = (name: string) => all.remote(name)
  const run = (...args: string[]) => all.regctl.ok(...args)
  const copy = (from: string, to: string, ...flags: string[]) => run('image', 'copy', ...flags, from, to)

  beforeAll(async () => {
    all = await startRegctl()
  })

  afterAll(() => all?.remove())

  test('copies an index with referrers and digest tags, to a layout and back', async () => {
    const { registry, folder } = all
    const { index, image } = all.samples
    await all.push('whole', '1', 'index')
    await all.attach(remote('whole:1'), 'about the index')
    await all.attach(remote('whole:1'), 'about one platform', '--platform', 'linux/amd64')
    await copy(remote('whole:1'), remote(`whole:${index.digest.replace(':', '-')}.sig`))
    const saved = `ocidir://${folder.at('saved')}:1`
    await copy(remote('whole:1'), saved, '--referrers', '--digest-tags')
    await copy(saved, remote('copied:1'), '--referrers', '--digest-tags')
    expect(await digestOf(registry, 'regctl/copied', '1')).toBe(index.digest)
    expect(await tagsOf(registry, 'regctl/copied')).toEqual(await tagsOf(registry, 'regctl/whole'))
    for (const { digest } of [index, image]) {
      expect(await referrersOf(registry, 'regctl/copied', digest)).toMatchObject([{ artifactType: sbom }])
    }
    await run('repo', 'copy', '--referrers', remote('whole'), remote('repeated'))
    expect(await tagsOf(registry, 'regctl/repeated')).toContain('1')
    expect(await referrersOf(registry, 'regctl/repeated', index.digest)).toHaveLength(1)
  })

  test('copies to another registry and back, and as an archive', async () => {
    const other = await startRegistry()
    try {
      await all.use(other)
      await all.push('far', '1', 'empty')
      await copy(remote('far:1'), `${other.host}/far:1`)
      // What this registry has already is mounted, from it does not say where.
      const back = ['image', 'copy', '-v', 'trace', `${other.host}/far:1`, remote('near:1')]
      const told = await all.regctl.told(...back)
      expect(told).toMatch(/uploads\/\?mount=.*201 Created/)
      expect(told).not.toMatch(/req-method=(PATCH|PUT) req-url=\S*uploads/)
      await run('image', 'export', remote('near:1'), all.folder.at('image.tar'))
      await run('image', 'import', remote('near:2'), all.folder.at('image.tar'))
      expect(await digestOf(all.registry, 'regctl/near', '2')).toBe(all.samples.empty.digest)
    } finally {
      await other.stop()
    }
  })

  test('lists and deletes tags, and keeps what they named', async () => {
    const { digest } = all.samples.image
    for (const tag of ['a', 'b', 'c']) await all.push('tagged', tag)
    expect(await run('tag', 'ls', remote('tagged'))).toBe('a\nb\nc')
    expect(await run('tag', 'ls', '--limit', '1', '--last', 'a', remote('tagged'))).toBe('b')
    await run('tag', 'delete', remote('tagged:b'))
    expect(await tagsOf(all.registry, 'regctl/tagged')).toEqual(['a', 'c'])
    expect(await digestOf(all.registry, 'regctl/tagged', digest)).toBe(digest)
    await all.regctl.fails('tag', 'delete', remote('tagged:b'))
  })

  test('lists repositories', async () => {
    for (const name of ['listed/a', 'listed/b']) await all.push(name, '1')
    expect((await run('repo', 'ls', all.registry.host)).split('\n')).toContain('regctl/listed/b')
    const page = ['--limit', '1', '--last', 'regctl/listed/a']
    expect(await run('repo', 'ls', ...page, all.registry.host)).toBe('regctl/listed/b')
  })

  test('puts and deletes manifests', async () => {
    const { registry } = all
    const { digest, mediaType } = all.samples.image
    await all.push('manifest', '1')
    const bytes = await readFile(join(all.samples.layout.folder, 'blobs', digest.replace(':', '/')))
    const put = ['manifest', 'put', '--content-type', mediaType]
    await all.given(bytes).ok(...put, remote('manifest:2'))
    await all.given(bytes).ok(...put, '--by-digest', remote('manifest'))
    expect(await run('manifest', 'head', remote('manifest:2'))).toBe(digest)
    expect(await run('manifest', 'get', '--format', 'raw-body', remote('manifest:2'))).toBe(`${bytes}`)
    await all.attach(remote('manifest:1'), 'about')
    const [about] = await referrersOf(registry, 'regctl/manifest', digest)
    await run('manifest', 'delete', '--referrers', `${remote('manifest')}@${about?.digest}`)
    expect(await referrersOf(registry, 'regctl/manifest', digest)).toEqual([])
    await run('manifest', 'delete', `${remote('manifest')}@${digest}`)
    expect(await all.regctl.fails('manifest', 'get', remote('manifest:1'))).toContain('not found')
  })

  test('makes an index and adds to it', async () => {
    const { registry, samples } = all
    await all.push('index', 'source', 'index')
    const part = (architecture: string) => {
      return ['--ref', remote('index:source'), '--platform', `linux/${architecture}`]
    }
    await run('index', 'create', remote('index:made'), ...part('amd64'), '--annotation', 'a=b')
    await run('index', 'add', remote('index:made'), ...part('arm64'))
    const { manifest } = await manifestOf(registry, 'regctl/index', 'made')
    expect(manifest).toMatchObject({ annotations: { a: 'b' } })
    expect(manifest.manifests).toMatchObject([samples.image, { platform: { architecture: 'arm64' } }])
    await run('index', 'create', remote('index:empty'), '--subject', 'made')
    const made = await digestOf(registry, 'regctl/index', 'made')
    expect(await referrersOf(registry, 'regctl/index', made ?? '')).toHaveLength(1)
  })

  describe.skipIf(external !== undefined)('with a password', () => {
    let closed: TestRegistry

    beforeAll(async () => {
      closed = await startRegistry('--user', 'ann:secret')
      await all.use(closed)
      await all.push('open', '1', 'index')
    })

    afterAll(() => closed?.stop())

    const login = (password: string) => ['registry', 'login', closed.host, '-u', 'ann', '-p', password]
    const push = () => ['image', 'copy', remote('open:1'), `${closed.host}/regctl/closed:1`]
    const refused = /unauthorized|401/i

    test('is refused without the right one', async () => {
      expect(await all.regctl.fails(...push())).toMatch(refused)
      expect(await all.regctl.fails(...login('wrong'))).toMatch(refused)
      expect(await all.regctl.fails(...push())).toMatch(refused)
    })

    test('pushes and pulls with the right one', async () => {
      await run(...login('secret'))
      await run(...push())
      expect(await run('image', 'digest', `${closed.host}/regctl/closed:1`)).toBe(all.samples.index.digest)
      await copy(`${closed.host}/regctl/closed:1`, remote('from-closed:1'))
      expect(await run('repo', 'ls', closed.host)).toBe('regctl/closed')
      await run('registry', 'logout', closed.host)
      expect(await all.regctl.fails('tag', 'ls', `${closed.host}/regctl/closed`)).toMatch(refused)
    })
  })
})
