import { mkdir, readdir, rename, truncate, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { storageSuite } from '../../src/testing/storage-suite.ts'
import { testIn } from '../runtimes/in-cell.ts'
import { filesIn, inFolder, withFolder } from './folder.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('fs', () => {
  storageSuite({ test: testIn('node with fs', 'storage'), expect }, () => inFolder(fs))
})

test('what was stored is there when the folder is opened again, and nothing unfinished', () =>
  withFolder(async (folder) => {
    const first = await fs(folder)
    const version = await first.records.put('a', bytes('one'))
    await first.contents.write('content/x', bytes('content'), { size: 7 })
    const handle = await first.contents.open('content/y')
    await first.contents.piece('content/y', handle, { no: 1, offset: 0 }, bytes('piece'))
    await first.close?.()
    await writeFile(`${folder}/tmp/left-behind`, 'x')

    const second = await fs(folder)
    expect(await readdir(`${folder}/tmp`)).toEqual([])
    expect((await second.records.get('a'))?.version).toBe(version)
    expect(await second.contents.size('content/x')).toBe(7)
    expect(await second.contents.size('content/y')).toBe(null)
    await second.contents.seal('content/y', handle, [{ no: 1, size: 5, receipt: '' }], { size: 5 })
    expect(await second.contents.size('content/y')).toBe(5)
    await second.close?.()
  }))

test('nothing is written outside the folder, whatever the key or the place', () =>
  withFolder(async (outer) => {
    const storage = await fs(`${outer}/data`)
    const names = [
      '../x',
      '../../x',
      '/x',
      '..',
      '.',
      'a/../../../x',
      'content/../../x',
      '\0',
      'records/x',
      '%2e%2e/x',
    ]
    for (const [i, name] of names.entries()) {
      await storage.records.put(name, bytes(name))
      // A place is never the beginning of another one.
      await storage.contents.write(`${name}/${i}`, bytes('x'), { size: 1 })
    }
    expect(await readdir(outer)).toEqual(['data'])
    expect((await readdir(`${outer}/data`)).sort()).toEqual([
      'content',
      'lock',
      'ocikit.json',
      'records',
      'tmp',
    ])
    const listed: string[] = []
    for await (const { key } of storage.records.list('')) listed.push(key)
    expect(listed.length).toBe(names.length)
    await storage.close?.()
  }))

test('keys and places lie where one would look for them', () =>
  withFolder(async (folder) => {
    const { records, contents, close } = await fs(folder)
    await records.put('catalog/library/nginx!', bytes('x'))
    await records.put('repositories/library/nginx/_tags/V1', bytes('x'))
    await records.put('repositories/library/nginx/_tags/v1', bytes('x'))
    await contents.write('content/sha256/ab/abcdef.id-1', bytes('x'), { size: 1 })
    expect((await filesIn(folder)).filter((path) => !path.startsWith('lock/'))).toEqual([
      'content/sha256/ab/abcdef.id-1',
      'ocikit.json',
      'records/catalog/library/nginx!+',
      'records/repositories/library/nginx/_tags/^v1+',
      'records/repositories/library/nginx/_tags/v1+',
    ])
    await close?.()
  }))

test('names of 255 characters and tags of 128 capitals', () =>
  withFolder(async (folder) => {
    const { records, close } = await fs(folder)
    const name = 'n'.repeat(255)
    const tag = 'T'.repeat(128)
    const keys = [`catalog/${name}!`, `repositories/${name}/_tags/${tag}`, `repositories/${name}/_tags/t`]
    for (const key of keys) await records.put(key, bytes(key))
    const listed: string[] = []
    for await (const { key } of records.list('', { values: true })) listed.push(key)
    expect(listed).toEqual(keys)
    await records.drop(keys)
    expect(await readdir(`${folder}/records`)).toEqual([])
    await close?.()
  }))

test('emptied folders do not pile up', () =>
  withFolder(async (folder) => {
    const { records, contents, close } = await fs(folder)
    await records.create('uploads/2030010100/id/1a', bytes('x'), { volatile: true })
    await records.create('uploads/2030010100/id/1z', bytes('x'), { volatile: true })
    await records.drop(['uploads/2030010100/id/1a', 'uploads/2030010100/id/1z'])
    await contents.write('content/sha256/hex/id', bytes('x'), { size: 1 })
    await contents.remove(['content/sha256/hex/id'])
    expect(await readdir(`${folder}/records`)).toEqual([])
    expect(await readdir(`${folder}/content`)).toEqual([])
    await close?.()
  }))

test('files of others are no keys', () =>
  withFolder(async (folder) => {
    const { records, close } = await fs(folder)
    await records.put('a/b', bytes('x'))
    const strays = ['.DS_Store', 'plain', 'UPPER+', '%41+', '%zz+', '.dot+', 'a/%ff+', 'a/^+', 'a/+', 'more~']
    for (const name of strays) await writeFile(`${folder}/records/${name}`, 'x')
    const listed: string[] = []
    for await (const { key } of records.list('', { values: true })) listed.push(key)
    expect(listed).toEqual(['a/b'])
    await close?.()
  }))

test('a content that was truncated fails instead of ending early', () =>
  withFolder(async (folder) => {
    const { contents, close } = await fs(folder)
    const size = 1024 * 1024
    await contents.write('content/x', new Uint8Array(size), { size })
    const content = await contents.read('content/x')
    const reader = content!.stream().getReader()
    await reader.read()
    await truncate(`${folder}/content/x`, size / 2)
    const rest = async () => {
      while (!(await reader.read()).done);
    }
    await expect(rest()).rejects.toThrow('truncated')
    await close?.()
  }))

test('a piece is refused when bytes before it are missing', () =>
  withFolder(async (folder) => {
    const { contents, close } = await fs(folder)
    const handle = await contents.open('content/x')
    const late = contents.piece('content/x', handle, { no: 2, offset: 10 }, bytes('x'))
    await expect(late).rejects.toThrow('hole')
    await close?.()
  }))

test('a read that nobody begins opens no file', () =>
  withFolder(async (folder) => {
    const { contents, close } = await fs(folder)
    await contents.write('content/x', bytes('content'), { size: 7 })
    const before = (await readdir('/proc/self/fd').catch(() => [])).length
    const streams = await Promise.all(
      Array.from({ length: 20 }, async () => (await contents.read('content/x'))!.stream()),
    )
    const during = (await readdir('/proc/self/fd').catch(() => [])).length
    expect(during - before).toBeLessThan(10)
    for (const stream of streams) await stream.cancel()
    await close?.()
  }))

test('failed and finished calls leave no temporary files', () =>
  withFolder(async (folder) => {
    const { records, close } = await fs(folder)
    await records.put('a', bytes('x'))
    await Promise.all(Array.from({ length: 10 }, () => records.create('a', bytes('y'))))
    await Promise.all(Array.from({ length: 10 }, () => records.put('a', bytes('y'), { version: 'old' })))
    expect(await readdir(`${folder}/tmp`)).toEqual([])
    await mkdir(`${folder}/moved`)
    await rename(`${folder}/tmp`, `${folder}/moved/tmp`)
    await expect(records.put('a', bytes('z'))).rejects.toThrow('ENOENT')
    await close?.()
  }))
