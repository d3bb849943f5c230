/** Artifacts pulled into folders, and folders pushed as artifacts. */

import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { intoFolder, localFile, streamedFile } from '../../adapters/artifact/index.ts'
import { pullArtifact, pushArtifact } from '../../src/artifact/index.ts'
import type { Registry } from '../../src/registry.ts'
import type { Folder } from '../clients/process.ts'
import { archiveOf, inFolderEach, newStore, pushRaw, rawFile, rawFolder, textFile } from './stage.ts'

let folder: Folder
let registry: Registry
inFolderEach((made) => {
  folder = made
  registry = newStore()
})

/** Pulls into `to`, and then nothing may be left of what was in between. */
async function pull(tag: string, options: Parameters<typeof intoFolder>[1] = {}) {
  await using into = intoFolder(folder.at('to'), options)
  return pullArtifact({ registry, repository: 'raw', reference: tag }, into).finally(async () => {
    await into[Symbol.asyncDispose]()
    expect(await namesIn('to')).not.toContain('.ocikit-pull')
  })
}

async function namesIn(path: string): Promise<string[]> {
  return (await readdir(folder.at(path), { recursive: true }).catch(() => [])).sort()
}

const text = (path: string) => readFile(folder.at('to', path), 'utf8')
const at = () => ({ registry, repository: 'raw', reference: 'v1' })

describe('a folder', () => {
  const make = async (name: string) => {
    await mkdir(folder.at(name, 'sub', 'empty'), { recursive: true })
    await writeFile(folder.at(name, 'run'), 'echo')
    await chmod(folder.at(name, 'run'), 0o700)
    await writeFile(folder.at(name, 'sub', `${'long '.repeat(40)}ü`), 'long')
    await symlink('../run', folder.at(name, 'sub', 'link'))
  }

  test('is the same archive, whatever its times and the rights of others, and comes out as it went in', async () => {
    await make('one/dir')
    await make('two/dir')
    await utimes(folder.at('two', 'dir', 'run'), 0, 0)
    await chmod(folder.at('two', 'dir', 'run'), 0o755)
    await using one = await localFile(folder.at('one', 'dir'))
    await using two = await localFile(folder.at('two', 'dir'))
    const pushed = await pushArtifact(at(), [one])
    expect(await pushArtifact({ registry, repository: 'raw' }, [two])).toMatchObject({
      descriptor: pushed.descriptor,
      there: 1,
    })
    await pull('v1')
    const expected = ['dir', 'dir/run', 'dir/sub', 'dir/sub/empty', 'dir/sub/link']
    expect(await namesIn('to')).toEqual([...expected, `dir/sub/${'long '.repeat(40)}ü`].sort())
    expect((await stat(folder.at('to', 'dir', 'run'))).mode & 0o111).not.toBe(0)
    expect(await readlink(folder.at('to', 'dir', 'sub', 'link'))).toBe('../run')
    expect(await text('dir/sub/link')).toBe('echo')
  })

  test('is put into one that is there: what is the same stays, what is not in it, too', async () => {
    await make('dir')
    await using dir = await localFile(folder.at('dir'))
    await pushArtifact(at(), [dir])
    await mkdir(folder.at('to', 'dir'), { recursive: true })
    await writeFile(folder.at('to', 'dir', 'run'), 'echo')
    await writeFile(folder.at('to', 'dir', 'mine'), 'mine')
    await pull('v1')
    await pull('v1')
    expect(await text('dir/mine')).toBe('mine')
    await writeFile(folder.at('to', 'dir', 'run'), 'changed')
    await expect(pull('v1')).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    expect(await text('dir/run')).toBe('changed')
    await pull('v1', { overwrite: true })
    expect(await text('dir/run')).toBe('echo')
  })

  test('is not put where a file is, and then nothing is changed', async () => {
    await make('dir')
    await using dir = await localFile(folder.at('dir'))
    await pushArtifact(at(), [dir])
    await mkdir(folder.at('to', 'dir', 'sub'), { recursive: true })
    await writeFile(folder.at('to', 'dir', 'sub', 'empty'), 'mine')
    await expect(pull('v1', { overwrite: true })).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    expect(await namesIn('to')).toEqual(['dir', 'dir/sub', 'dir/sub/empty'])
  })

  test('that is empty in its archive is there', async () => {
    await pushRaw(registry, 'v1', [rawFolder('dir', await archiveOf())])
    await pull('v1')
    expect(await namesIn('to')).toEqual(['dir'])
  })

  test('with a link that leads out of it is not packed', async () => {
    await make('dir')
    await symlink('../../elsewhere', folder.at('dir', 'sub', 'out'))
    await expect(localFile(folder.at('dir'))).rejects.toThrow('leads out of its folder')
  })

  test('and a file are called by their path below here, and else by their name', async () => {
    await writeFile(folder.at('a'), 'a')
    for (const [path, title] of [
      [folder.at('a'), 'a'],
      ['./README.md', 'README.md'],
      ['test/artifact/../artifact/stage.ts', 'test/artifact/stage.ts'],
    ] as const)
      expect((await localFile(path)).title).toBe(title)
  })
})

test('a stream is kept until it was pushed', async () => {
  const bytes = async function* () {
    yield new TextEncoder().encode('one ')
    yield new TextEncoder().encode('two')
  }
  await using file = await streamedFile(bytes(), { title: 'stream' })
  await pushArtifact(at(), [file])
  await pull('v1')
  expect(await text('stream')).toBe('one two')
})

describe('files', () => {
  test('that are there with other bytes are not replaced unless that is wanted, and then nothing is written', async () => {
    await pushArtifact(at(), [textFile('new', 'new'), textFile('sub/a', 'theirs')])
    await mkdir(folder.at('to', 'sub'), { recursive: true })
    await writeFile(folder.at('to', 'sub', 'a'), 'mine')
    await expect(pull('v1')).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    expect(await namesIn('to')).toEqual(['sub', 'sub/a'])
    const pulled = await pull('v1', { overwrite: true })
    expect(pulled.files.map(({ state }) => state)).toEqual(['pulled', 'pulled'])
    expect(await text('sub/a')).toBe('theirs')
    expect((await pull('v1')).files.map(({ state }) => state)).toEqual(['there', 'there'])
  })

  test('take the place of a link, never of what it leads to, nor of a folder', async () => {
    await writeFile(folder.at('outside'), 'mine')
    await mkdir(folder.at('to', 'dir'), { recursive: true })
    await symlink(folder.at('outside'), folder.at('to', 'a'))
    await pushRaw(registry, 'link', [rawFile('a')])
    await expect(pull('link')).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    await pull('link', { overwrite: true })
    expect([await text('a'), await readFile(folder.at('outside'), 'utf8')]).toEqual(['text', 'mine'])
    await pushRaw(registry, 'dir', [rawFile('dir')])
    await expect(pull('dir', { overwrite: true })).rejects.toMatchObject({ code: 'FILE_EXISTS' })
  })

  test('are not put below a link', async () => {
    await mkdir(folder.at('to'))
    await mkdir(folder.at('outside'))
    await symlink(folder.at('outside'), folder.at('to', 'sub'))
    await pushRaw(registry, 'v1', [rawFile('sub/a')])
    await expect(pull('v1', { overwrite: true })).rejects.toThrow('"sub" is a link, which may lead elsewhere')
    expect(await namesIn('outside')).toEqual([])
  })

  test.each(['../a', '/tmp/a', 'a/../../b', 'a//b', '.', '..', 'a\u001b[2J', 'a\0b', '.ocikit-pull/a'])(
    'called %j are not pulled',
    async (title) => {
      await pushRaw(registry, 'v1', [rawFile('fine'), rawFile(title)])
      await expect(pull('v1', { overwrite: true })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
      expect(await namesIn('')).toEqual([])
    },
  )
})

describe('an archive is not unpacked', () => {
  const dir = { name: 'dir/', type: 'directory' } as const
  const file = (name: string) => ({ name, text: 'text' })
  const symbolic = (name: string, linkname: string) => ({ name, type: 'symlink', linkname }) as const

  test.each([
    ['whose file leads out', [file('dir/../../a')]],
    ['whose file is absolute', [file('/tmp/a')]],
    ['whose file is beside it', [file('other/a')]],
    ['that is a file', [file('dir')]],
    ['whose link is absolute', [symbolic('dir/a', '/etc/passwd')]],
    ['whose link leads out', [symbolic('dir/a', '../../a')]],
    ['whose link leads out over another one', [symbolic('dir/d/x', '..'), symbolic('dir/y', 'd/x/../a')]],
    ['whose folder is a link, too', [symbolic('dir/a', 'b'), file('dir/a/c')]],
    ['whose link is in a link', [symbolic('dir/a', 'b'), symbolic('dir/a/c', '../b')]],
    ['whose second link is to nothing in it', [{ name: 'dir/a', type: 'link', linkname: '/etc/passwd' }]],
    ['with a device', [{ name: 'dir/a', type: 'character-device' }]],
    ['with a pipe', [{ name: 'dir/a', type: 'fifo' }]],
    ['with a name twice', [file('dir/a'), file('dir/a')]],
    ['with a file that is a folder, too', [file('dir/a'), file('dir/a/b')]],
  ] as const)('%s', async (_, entries) => {
    await pushRaw(registry, 'v1', [rawFolder('dir', await archiveOf(dir, ...entries.filter(Boolean)))])
    await mkdir(folder.at('to'))
    await expect(pull('v1', { overwrite: true })).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('the folder "dir" is not unpacked'),
    })
    expect(await namesIn('')).toEqual(['to'])
  })

  test('that is damaged, cut off, another one than it says, too large or too many', async () => {
    const whole = await archiveOf(dir, file('dir/a'), file('dir/b'))
    const tarDigest = { 'io.deis.oras.content.digest': `sha256:${'0'.repeat(64)}` }
    await pushRaw(registry, 'damaged', [rawFolder('dir', new TextEncoder().encode('no gzip'))])
    await pushRaw(registry, 'cut', [rawFolder('dir', whole.slice(0, -20))])
    await pushRaw(registry, 'no-tar', [rawFolder('dir', gzipSync('text '.repeat(500)))])
    await pushRaw(registry, 'other', [rawFolder('dir', whole, tarDigest)])
    await pushRaw(registry, 'whole', [rawFolder('dir', whole)])
    for (const tag of ['damaged', 'cut', 'no-tar', 'other'])
      await expect(pull(tag), tag).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
    await expect(pull('whole', { maxUnpacked: 2000 })).rejects.toThrow('it has more than 2000 bytes')
    await expect(pull('whole', { maxEntries: 2 })).rejects.toThrow('it has more than 2 files and folders')
    await pushRaw(registry, 'deep', [rawFolder('dir', await archiveOf(file(`dir/${'a/'.repeat(40)}b`)))])
    await expect(pull('deep', { maxEntries: 40 })).rejects.toThrow('it has more than 40 files and folders')
    expect(await namesIn('to')).toEqual([])
    await pull('whole')
    expect(await namesIn('to')).toEqual(['dir', 'dir/a', 'dir/b'])
  })

  test('with rights that matter, but its links within it are made, and those of one file', async () => {
    const bytes = await archiveOf(
      dir,
      { name: 'dir/a', text: 'text', mode: 0o6755 },
      { name: './dir/b', type: 'link', linkname: './dir/a' },
      symbolic('dir/c', './a'),
      symbolic('dir/self', '.'),
    )
    await pushRaw(registry, 'v1', [rawFolder('dir', bytes)])
    await pull('v1')
    expect((await stat(folder.at('to', 'dir', 'a'))).mode & 0o7000).toBe(0)
    expect([await text('dir/b'), await text('dir/c'), await text('dir/self/a')]).toEqual([
      'text',
      'text',
      'text',
    ])
  })
})

test('what a killed pull has left is removed by one of the next day', async () => {
  const scratch = folder.at('to', '.ocikit-pull')
  await mkdir(scratch, { recursive: true })
  const old = join(scratch, '0123456789abcdef01')
  await writeFile(old, 'old')
  await utimes(old, 0, 0)
  await pushRaw(registry, 'v1', [rawFile('a')])
  await pull('v1')
  expect(await namesIn('to')).toEqual(['a'])
})
