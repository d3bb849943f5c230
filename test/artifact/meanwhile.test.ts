/** What others do meanwhile: links in the way, pulls into the same folder, ends, streams that stall, files that change. */

import { appendFile, mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { intoFolder, localFile, streamedFile } from '../../adapters/artifact/index.ts'
import { pullArtifact, readArtifact } from '../../src/artifact/index.ts'
import type { Registry } from '../../src/registry.ts'
import type { Folder } from '../clients/process.ts'
import { inFolderEach, newStore, pushRaw, rawFile } from './stage.ts'

let folder: Folder
let registry: Registry
inFolderEach((made) => {
  folder = made
  registry = newStore()
})

const at = (reference: string) => ({ registry, repository: 'raw', reference })

async function pull(tag: string): Promise<void> {
  await using into = intoFolder(folder.at('to'))
  await pullArtifact(at(tag), into)
}

async function namesIn(path: string): Promise<string[]> {
  return (await readdir(folder.at(path))).sort()
}

test('a link in place of the folder in between is not followed, and nothing is removed behind it', async () => {
  const old = '0123456789abcdef01'
  await mkdir(folder.at('to'))
  await mkdir(folder.at('mine'))
  await writeFile(folder.at('mine', old), 'mine')
  await utimes(folder.at('mine', old), 0, 0)
  await symlink('../mine', folder.at('to', '.ocikit-pull'))
  await pushRaw(registry, 'v1', [rawFile('a')])
  await expect(pull('v1')).rejects.toThrow('".ocikit-pull" is a link')
  expect([await namesIn('mine'), await namesIn('to')]).toEqual([[old], ['.ocikit-pull']])
})

test('somebody else who pulls into the same folder, and ends before, does no harm', async () => {
  await pushRaw(registry, 'one', [rawFile('a')])
  await pushRaw(registry, 'two', [rawFile('b'), rawFile('c', 'other')])
  await using into = intoFolder(folder.at('to'))
  let staged = 0
  const stage: typeof into.stage = async (...args) => {
    if (staged++ === 1) await pull('one')
    return into.stage(...args)
  }
  await pullArtifact(at('two'), { has: into.has, stage }, { concurrency: 1, tries: 1 })
  expect(await namesIn('to')).toEqual(['.ocikit-pull', 'a', 'b', 'c'])
})

test('who looks at a large file that is there stops when that is wanted', async () => {
  await pushRaw(registry, 'v1', [rawFile('a')])
  await pull('v1')
  const { layers } = await readArtifact(at('v1'))
  await using into = intoFolder(folder.at('to'))
  const signal = AbortSignal.abort(new Error('stopped'))
  await expect(into.has(layers[0]!, { signal })).rejects.toThrow('stopped')
})

test('a stream that stalls is left when that is wanted, and ended', async () => {
  const end = new AbortController()
  let asked = 0
  const stalled = new Readable({
    read() {
      if (asked++ === 0) this.push('some')
      else setImmediate(() => end.abort(new Error('stopped')))
    },
  })
  await expect(streamedFile(stalled, { signal: end.signal })).rejects.toThrow('stopped')
  expect(stalled.destroyed).toBe(true)
})

test('a file that grows while its folder is packed goes in as it was', async () => {
  await mkdir(folder.at('dir'))
  const path = folder.at('dir', 'log')
  await writeFile(path, new Uint8Array(8 * 1024 * 1024))
  let isPacked = false
  const packing = localFile(folder.at('dir')).finally(() => {
    isPacked = true
  })
  const growing = async () => {
    while (!isPacked) await appendFile(path, 'more')
  }
  const [packed] = await Promise.all([packing, growing()])
  await packed[Symbol.asyncDispose]()
})
