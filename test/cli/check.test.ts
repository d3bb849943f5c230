import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { createStore, type Finding } from '../../src/index.ts'
import { type Filled, fill, OTHER, REPO } from '../engine/checking.ts'
import { digestOf, push, read } from '../engine/stage.ts'
import { inFolderEach } from './folder.ts'
import { run, start } from './run.ts'

let data = ''
inFolderEach((path) => {
  data = path
})

/** Uses the folder as a server does. */
async function serving<T>(work: (store: ReturnType<typeof createStore>) => Promise<T>): Promise<T> {
  const storage = await fs(data, { sync: false })
  try {
    return await work(createStore({ storage }))
  } finally {
    await storage.close?.()
  }
}

/** The only file below a folder whose path holds all of this. */
async function fileOf(below: string, ...parts: string[]): Promise<string> {
  const files = await readdir(join(data, below), { recursive: true, withFileTypes: true })
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
  const found = paths.filter((path) => parts.every((part) => path.includes(part)))
  expect(found.length, parts.join(' ')).toBe(1)
  return found[0]!
}

/** Runs a check with `--json`; its lines by type, and its exit code. */
async function checked(...args: string[]) {
  const { code, stdout, stderr } = await run(['check', '--data', data, '--json', ...args])
  expect(stderr).toBe('')
  const lines = stdout.trim().split('\n')
  const all = lines.map((line) => JSON.parse(line) as { type: string } & Record<string, unknown>)
  const findings = all.filter(({ type }) => type === 'finding') as unknown as Finding[]
  return { code, findings, last: all.at(-1)!, told: findings.map(({ problem }) => problem).sort() }
}

const hex = (text: string) => digestOf(text).slice(7)
const flip = async (path: string, at: number) => {
  const bytes = await readFile(path)
  bytes[at]! ^= 1
  await writeFile(path, bytes)
}

describe('files that something has happened to', () => {
  let all: Filled
  beforeEach(async () => {
    all = await serving(fill)
  })

  test('none: all is whole, in words and for programs, and no file is changed', async () => {
    const files = async () =>
      (await readdir(data, { recursive: true })).filter((name) => !name.startsWith('lock'))
    const before = await files()
    const { code, stdout, stderr } = await run(['check', '--data', data])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(
      'checked 4 manifests, 4 tags and 1 referrers in 2 repositories, 5 blobs\n  read 33 bytes of 3 contents\ndamaged: 0\n',
    )
    expect(await checked('--repair')).toMatchObject({
      code: 0,
      findings: [],
      last: { type: 'summary', damaged: 0, blobs: 5, contents: 3, cursor: null },
    })
    expect(await files()).toEqual(before)
  })

  test('bytes of a blob that were flipped, in words', async () => {
    await flip(await fileOf('content', hex('the first layer')), 3)
    const { code, stdout } = await run(['check', '--data', data])
    expect(code).toBe(1)
    expect(stdout).toContain(`blob-digest: ${REPO}@${all.layer}: the bytes of this blob hash to sha256:`)
    expect(stdout).toContain(`blob-digest: ${OTHER}@${all.layer}`)
    expect(stdout).toContain('damaged: 2\n')
  })

  test.each([
    [
      'a blob',
      'content',
      [hex('the first layer')],
      ['blob-digest', 'blob-digest'],
      ['blob-missing', 'blob-missing'],
    ],
    ['a blob of an upload', 'content/-', [], ['blob-digest'], ['blob-missing']],
    ['a link', 'records/blobs', [hex('the second layer')], ['link'], ['reference']],
    ['a tag', 'records/repositories', ['_tags', 'latest'], ['tag'], []],
    [
      'the reverse of a tag, which says nothing',
      'records/repositories',
      ['_tagged', 'latest'],
      [],
      ['tag-reverse'],
    ],
    ['a referrer', 'records/repositories', ['_referrers'], ['referrer'], ['referrer']],
    ['an entry of the catalog', 'records/catalog', [OTHER], ['catalog'], ['catalog']],
  ] as const)('%s: flipped, and lost', async (_, below, parts, flipped, lost) => {
    const path = await fileOf(below, ...parts)
    await flip(path, 0)
    expect((await checked()).told).toEqual(flipped)
    await flip(path, 0)
    expect((await checked()).told).toEqual([])
    await rm(path)
    expect((await checked()).told).toEqual(lost)
  })

  test('a manifest: flipped, truncated, lost; set aside, pushed again, whole', async () => {
    const path = await fileOf('records/repositories', '_manifests', all.image.slice(7))
    await flip(path, 400)
    expect(await checked()).toMatchObject({ code: 1, told: ['manifest'] })
    await flip(path, 400)
    await truncate(path, 300)
    expect(await checked('--repair')).toMatchObject({
      code: 1,
      told: ['manifest', 'tag-target', 'tag-target'],
    })
    expect(await checked()).toMatchObject({
      code: 1,
      told: ['reference', 'set-aside', 'tag-target', 'tag-target'],
    })
    await serving(fill)
    expect(await checked()).toMatchObject({ code: 0, told: ['set-aside'] })
  })

  test('a blob: truncated, healed by a push; flipped, set aside, healed by a push', async () => {
    await truncate(await fileOf('content', hex('the first layer')), 4)
    expect((await checked('--repair')).told).toEqual(['blob-size', 'blob-size'])
    await serving(async (store) => {
      for (const repo of [REPO, OTHER]) await push(store, repo, 'the first layer')
    })
    expect(await checked()).toMatchObject({ code: 0, told: [] })

    const second = await fileOf('content/-')
    await flip(second, 0)
    await serving(async (store) => expect(await read(store, REPO, all.streamed)).toBe('uhe second layer'))
    expect(await checked('--repair')).toMatchObject({ code: 1, told: ['blob-digest', 'reference'] })
    await serving(async (store) => {
      expect(await read(store, REPO, all.streamed)).toBe('BLOB_UNKNOWN')
      await push(store, REPO, 'the second layer')
      expect(await read(store, REPO, all.streamed)).toBe('the second layer')
    })
    expect(await checked()).toMatchObject({ code: 0, told: ['set-aside'] })
    expect((await checked()).findings[0]).toMatchObject({ place: expect.stringMatching(/^content\/-\//) })
  })

  test('what can be mended is, and then the exit code is 0', async () => {
    await rm(await fileOf('records/repositories', '_referrers'))
    await rm(await fileOf('records/repositories', '_tagged', 'latest'))
    await rm(await fileOf('records/catalog', OTHER))
    expect((await checked()).code).toBe(1)
    expect(await checked('--repair')).toMatchObject({ code: 0, last: { mended: 3, damaged: 0 } })
    expect(await checked()).toMatchObject({ code: 0, told: [] })
  })

  test('files that are nothing of ours are listed, and stay', async () => {
    const strays = ['notes.txt', 'records/README', 'records/blobs/plain', 'records/%zz+', 'content/UPPER']
    const contents = ['content/sha256/junk', 'content/-/00/what', 'content/-/00/what+part']
    for (const path of [...strays, ...contents]) {
      await mkdir(join(data, path, '..'), { recursive: true })
      await writeFile(join(data, path), 'x')
    }
    await writeFile(join(data, 'records/unknown+'), 'x')
    const { code, findings } = await checked('--repair')
    expect(code).toBe(0)
    expect(findings.map(({ at }) => at).sort()).toEqual(
      [...strays, ...contents.map((path) => path.replace('+part', '')), 'unknown'].sort(),
    )
    expect((await checked()).findings.length).toBe(9)
  })

  test('a sample of the bytes, and no more of them in a second than told', async () => {
    const { code, last } = await checked('--sample', '1%', '--rate', '1K')
    expect([code, last['damaged']]).toEqual([0, 0])
  })

  test('what was ended by a signal can be gone on with', async () => {
    const stop = AbortSignal.timeout(400)
    const args = ['check', '--data', data, '--rate', '1']
    const ended = await run(args, {}, stop)
    expect(ended.code).toBe(2)
    const [, cursor = ''] = /go on with --from='([^']*)'/.exec(ended.stderr) ?? []
    expect(cursor).toMatch(/^records:/)
    expect(await checked('--from', cursor)).toMatchObject({ code: 0, last: { blobs: 5, cursor: null } })
  })

  test('a file that cannot be read is said to be unreadable, not damaged', async () => {
    // A folder in the place of a file: reading it fails, as a bad disk does.
    const path = await fileOf('records/repositories', '_tags', 'latest')
    await rm(path)
    await mkdir(path)
    const { code, findings } = await checked()
    expect(findings).toMatchObject([
      { problem: 'unreadable', at: `repositories/${REPO}/_tags/latest` },
      { problem: 'stray-file', at: `records/repositories/${REPO}/_tags/latest+` },
    ])
    expect(code).toBe(2)
  })
})

describe('beside a server', () => {
  test('a folder is refused while a server has it; afterwards it is whole', async () => {
    await using server = await start(['--data', data, '--log', 'off'])
    const blob = await fetch(`${server.url}/v2/a/blobs/uploads/?digest=${digestOf('x')}`, {
      method: 'POST',
      body: 'x',
      headers: { 'content-type': 'application/octet-stream' },
    })
    expect(blob.status).toBe(201)
    const { code, stderr } = await run(['check', '--data', data])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^ocikit: .* is in use by another process.*\n$/)
    await server.stop('SIGKILL')
    expect(await checked()).toMatchObject({ code: 0, last: { blobs: 1, hashed: 1 } })
  })
})

test.each([
  [['--data', '/nowhere/at/all'], /there is no registry in "\/nowhere\/at\/all"/],
  [['--sample', '0%'], /--sample must be a share/],
  [['--sample', '10'], /--sample must be a share/],
  [['--rate', 'fast'], /--rate must be/],
  [['--grace', 'soon'], /--grace must be a time/],
  [['--from', 'nowhere'], /after must be the cursor/],
  [['more'], /check takes flags only/],
  [['--nothing'], /nothing/],
])('%j is refused', async (args, why) => {
  await serving(async () => {})
  const { code, stdout, stderr } = await run(['check', '--data', data, ...args])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(why)
  expect(stderr.trim().split('\n').length).toBe(1)
})
