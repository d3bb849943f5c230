/** Whole registries into others. */

import { beforeEach, expect, test } from 'vitest'
import { createStore, memory } from '../../src/index.ts'
import { passThrough, type Registry } from '../../src/registry.ts'
import { indexOf } from '../../src/testing/registry/samples.ts'
import { type SyncedTag, type SyncOptions, sync } from '../../src/transfer/index.ts'
import { fill, listed, makeImage, missingOf } from './images.ts'

let here: Registry
let there: Registry

beforeEach(async () => {
  here = createStore({ storage: memory() })
  there = createStore({ storage: memory() })
  const image = await makeImage(1)
  for (const repo of ['app', 'team/app', 'team/deep/app'])
    await fill(here, repo, image, ['v1', 'v2', 'latest'])
})

/** What became of each tag. */
async function run(
  options: SyncOptions = {},
): Promise<{ result: Awaited<ReturnType<typeof sync>>; told: string[] }> {
  const told: string[] = []
  const onTag = ({ repository, tag, state }: SyncedTag) => void told.push(`${state} ${repository}:${tag}`)
  return { result: await sync(here, there, { ...options, onTag }), told }
}

test('copies every tag of every repository; again there is nothing to do', async () => {
  expect((await run()).result).toEqual({ repositories: 3, copied: 9, there: 0, failed: 0 })
  expect(await listed(there.repositories())).toEqual(['app', 'team/app', 'team/deep/app'])
  expect(await listed(there.tags('team/app'))).toEqual(['latest', 'v1', 'v2'])
  expect((await run()).result).toEqual({ repositories: 3, copied: 0, there: 9, failed: 0 })
  const moved = await indexOf([])
  await here.pushManifest('app', moved.bytes, moved.mediaType, { tags: ['latest'] })
  expect((await run()).told.filter((line) => !line.startsWith('there'))).toEqual(['copied app:latest'])
})

test('only some repositories and tags, below another name', async () => {
  const { told } = await run({ repositories: ['team/*'], tags: ['v*'], prefix: 'mirror' })
  expect(told).toEqual(['copied team/app:v1', 'copied team/app:v2'])
  expect(await listed(there.repositories())).toEqual(['mirror/team/app'])
})

test('a dry run only tells', async () => {
  const { told, result } = await run({ repositories: ['app'], tags: ['v1'], dryRun: true })
  expect(told).toEqual(['missing app:v1'])
  expect(result).toEqual({ repositories: 1, copied: 1, there: 0, failed: 0 })
  expect(await listed(there.repositories())).toEqual([])
})

test('a dry run tells of a tag that fails, too, and goes on', async () => {
  const { resolveManifest } = here
  here = passThrough(here, {
    resolveManifest: (repo, reference, options) =>
      reference === 'v1' ? Promise.reject(new Error('no')) : resolveManifest(repo, reference, options),
  })
  const { told } = await run({ repositories: ['app'], dryRun: true })
  expect(told.sort()).toEqual(['failed app:v1', 'missing app:latest', 'missing app:v2'])
})

test('a registry goes below a name of its own once, not below itself', async () => {
  const names = ['app', 'team/app', 'team/deep/app']
  const below = names.map((name) => `mirror/${name}`)
  there = here
  expect((await run({ prefix: 'mirror' })).result).toMatchObject({ copied: 9, there: 0, failed: 0 })
  expect(await listed(here.repositories())).toEqual([...names, ...below].sort())
  expect((await run({ prefix: 'mirror' })).result).toMatchObject({ copied: 0, there: 9, failed: 0 })
})

test('blobs that were sent to one repository are mounted in the next', async () => {
  let pushed = 0
  const counting = passThrough(there, {
    pushBlob: (...args) => {
      pushed++
      return there.pushBlob(...args)
    },
  })
  await sync(here, counting)
  expect(pushed).toBe(5)
})

test('names are not looked for in the list of repositories, which may be refused', async () => {
  here = passThrough(here, {
    repositories: () => {
      throw new Error('no list')
    },
  })
  expect((await run({ repositories: ['app', 'team/app'] })).result.copied).toBe(6)
  await expect(run()).rejects.toThrow('no list')
})

test('what fails is told, and the rest goes on', async () => {
  const { told, result } = await run({ repositories: ['nothing', 'app'], tags: ['v1'] })
  expect(told).toEqual(['failed nothing:', 'copied app:v1'])
  expect(result).toEqual({ repositories: 2, copied: 1, there: 0, failed: 1 })
})

test('what refers to images comes along when asked for, also to those that are there', async () => {
  const { referrers } = await makeImage(1)
  await run({ repositories: ['app'] })
  expect(await missingOf(there, 'app', { manifests: referrers })).toHaveLength(3)
  expect((await run({ repositories: ['app'], referrers: true })).result).toMatchObject({
    copied: 1,
    there: 2,
  })
  expect(await missingOf(there, 'app', { manifests: referrers })).toEqual([])
})

test('ends when it is told to', async () => {
  const end = new AbortController()
  const ended = sync(here, there, { signal: end.signal, onTag: () => end.abort(new Error('enough')) })
  await expect(ended).rejects.toThrow('enough')
  expect(await listed(there.repositories())).toEqual(['app'])
})
