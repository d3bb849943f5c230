/**
 * regctl puts artifacts and blobs, also by sha512. What it reads from a pipe it sends in chunks with a range.
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, manifestOf } from './api.ts'
import { digest } from './images.ts'
import { type Regctl, sbom, startRegctl } from './regctl.ts'
import { describeClient } from './tools.ts'

const sha512 = (bytes: Buffer) => `sha512:${createHash('sha512').update(bytes).digest('hex')}`

describeClient('regctl with artifacts and blobs', { commands: ['regctl'] }, () => {
  let all: Regctl

  const remote = (name: string) => all.remote(name)
  const run = (...args: string[]) => all.regctl.ok(...args)

  beforeAll(async () => {
    all = await startRegctl()
  })

  afterAll(() => all?.remove())

  test('puts an artifact and gets it', async () => {
    const { folder } = all
    const artifactType = 'application/vnd.test'
    const put = ['artifact', 'put', '--artifact-type', artifactType]
    await mkdir(folder.at('got'))
    await writeFile(folder.at('data'), `data ${folder.path}`)
    await writeFile(folder.at('config'), '{}')
    const files = ['--file', folder.at('data'), '--file-title', '--strip-dirs', '--annotation', 'a=b']
    await run(...put, ...files, remote('artifact:1'))
    const { manifest } = await manifestOf(all.registry, 'regctl/artifact', '1')
    expect(manifest).toMatchObject({ artifactType, annotations: { a: 'b' } })
    await run('artifact', 'get', remote('artifact:1'), '--output', folder.at('got'))
    expect(await readFile(folder.at('got', 'data'), 'utf8')).toBe(`data ${folder.path}`)
    const config = ['--config-type', 'application/vnd.test.config', '--config-file', folder.at('config')]
    await all.given('x').ok('artifact', 'put', ...config, remote('artifact:config'))
    expect(await run('artifact', 'get', remote('artifact:config'), '--config')).toBe('{}')
    for (const text of ['one', 'two']) await all.given(text).ok(...put, '--index', remote('artifact:index'))
    const index = await manifestOf(all.registry, 'regctl/artifact', 'index')
    expect(index.manifest.manifests).toHaveLength(2)
  })

  test('puts artifacts about an image, lists and gets them', async () => {
    const image = remote('subject:1')
    await all.push('subject', '1')
    await all.attach(image, 'bill', '--annotation', 'kind=bill')
    await all.attach(image, 'other', '--annotation', 'kind=other')
    const list = ['artifact', 'list', image, '--format', '{{len .Descriptors}}']
    expect(await run(...list)).toBe('2')
    expect(await run(...list, '--filter-artifact-type', sbom)).toBe('2')
    expect(await run(...list, '--filter-artifact-type', 'application/none')).toBe('0')
    const filter = ['--filter-artifact-type', sbom, '--filter-annotation', 'kind=bill']
    expect(await run('artifact', 'get', '--subject', image, ...filter)).toBe('bill')
    expect(await run('artifact', 'tree', image)).toContain(sbom)
    const elsewhere = ['--external', remote('elsewhere')]
    await all.attach(image, 'external', ...elsewhere)
    expect(await run('artifact', 'get', '--subject', image, ...elsewhere)).toBe('external')
  })

  test('puts a blob, gets, copies and deletes it', async () => {
    const text = `blob ${all.folder.path}`
    const name = digest(Buffer.from(text))
    for (let i = 0; i < 2; i++) expect(await all.given(text).ok('blob', 'put', remote('blob'))).toBe(name)
    expect(await run('blob', 'get', remote('blob'), name)).toBe(text)
    await run('blob', 'copy', remote('blob'), remote('blob-copy'), name)
    await run('blob', 'delete', remote('blob'), name)
    await all.regctl.fails('blob', 'head', remote('blob'), name)
    expect(await run('blob', 'get', remote('blob-copy'), name)).toBe(text)
    const wrong = ['--digest', digest(Buffer.from(all.folder.path)), remote('blob')]
    expect(await all.given(text).fails('blob', 'put', ...wrong)).toMatch(/digest/i)
  })

  test('puts a blob in three chunks', async () => {
    const bytes = randomBytes(10_000)
    await all.use(all.registry, '--blob-chunk', '4096', '--blob-max', '1')
    const told = await all.given(bytes).told('-v', 'trace', 'blob', 'put', remote('chunks'))
    await all.use(all.registry, '--blob-chunk', '0', '--blob-max', '0')
    expect(told).toContain(digest(bytes))
    for (const range of ['0-4095', '4096-8191', '8192-9999'])
      expect(told).toContain(`Content-Range:[${range}]`)
    const found = await fetch(`${all.registry.url}/v2/regctl/chunks/blobs/${digest(bytes)}`)
    expect(Buffer.from(await found.arrayBuffer()).equals(bytes)).toBe(true)
  })

  test('pushes by sha512', async () => {
    const { registry } = all
    const text = `sha512 ${all.folder.path}`
    const name = sha512(Buffer.from(text))
    expect(await all.given(text).ok('blob', 'put', '--digest', name, remote('sha512'))).toBe(name)
    expect(await run('blob', 'get', remote('sha512'), name)).toBe(text)
    await all.push('sha512', '1', 'index')
    await run('image', 'mod', '--digest-algo', 'sha512', '--create', 'long', remote('sha512:1'))
    const long = await digestOf(registry, 'regctl/sha512', 'long')
    expect(long).toMatch(/^sha512:[0-9a-f]{128}$/)
    await run('image', 'copy', remote('sha512:long'), remote('sha512-copy:long'))
    expect(await digestOf(registry, 'regctl/sha512-copy', 'long')).toBe(long)
    const body = await run('manifest', 'get', '--format', 'raw-body', remote(`sha512@${long}`))
    expect(sha512(Buffer.from(body))).toBe(long)
    await all.attach(remote('sha512:long'), 'about')
    expect(await run('artifact', 'get', '--subject', remote('sha512:long'))).toBe('about')
  })
})
