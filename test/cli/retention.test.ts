import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { checkRetention } from '../../src/engine/index.ts'
import { createStore } from '../../src/index.ts'
import { temporaryFolder } from '../clients/process.ts'
import { marked } from '../docs/markdown.ts'
import { digestOf, INDEX, indexOf } from '../engine/stage.ts'
import { ageRecords } from '../storage/folder.ts'
import { run, start } from './run.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let data = ''
let rules = ''
beforeEach(async () => {
  folder = await temporaryFolder()
  data = join(folder.path, 'data')
  rules = join(folder.path, 'rules.json')
})
afterEach(() => folder.remove())

/** Three tags of `team/app`, each of a manifest with a blob of its own. */
async function fill(): Promise<void> {
  const storage = await fs(data)
  const store = createStore({ storage })
  for (const tag of ['v1.9', 'v1.10', 'latest']) {
    await store.pushBlob('team/app', { digest: digestOf(tag) }, new TextEncoder().encode(tag))
    await store.pushManifest('team/app', indexOf([digestOf(tag)]), INDEX, { tags: [tag] })
  }
  await storage.close?.()
}

const RULE = {
  name: 'releases',
  repositories: 'team/*',
  tags: 'v*',
  keep: { last: 1, by: 'version' },
}

test('the rules on the page make sense', () => {
  const rules = checkRetention(JSON.parse(marked('retention').code))
  expect(rules.map(({ name }) => name)).toEqual(['releases', 'pull requests', 'overwritten'])
})

describe('ocikit gc --retention', () => {
  test('says in a dry run what becomes of each tag and why, and then does it', async () => {
    await fill()
    await writeFile(rules, JSON.stringify([RULE]))
    const args = ['gc', '--data', data, '--grace', '0', '--retention', rules]
    const dry = await run([...args, '--dry-run'])
    const digest = digestOf(indexOf([digestOf('v1.9')]))
    expect(dry.stdout.split('\n').slice(0, 4)).toEqual([
      'keep   team/app:latest  no rule is about it',
      'keep   team/app:v1.10  releases: among the last 1 versions',
      'remove team/app:v1.9  releases: number 2, and 1 are kept',
      `remove team/app@${digest}  releases: its tag v1.9 goes`,
    ])
    expect(dry.stdout).toContain('\n  1 tag: no rule keeps\n  1 manifest: no rule keeps\n')

    const done = await run(args)
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout.split('\n').slice(0, 6)).toEqual([
      'remove team/app:v1.9  releases: number 2, and 1 are kept',
      `remove team/app@${digest}  releases: its tag v1.9 goes`,
      'freed 4 bytes',
      '  1 tag: no rule keeps',
      '  1 manifest: no rule keeps',
      '  1 blob: no manifest refers to',
    ])
    await using server = await start(['--data', data, '--log', 'off'])
    const list = await fetch(`${server.url}/v2/team/app/tags/list`)
    expect(await list.json()).toEqual({ name: 'team/app', tags: ['latest', 'v1.10'] })
  })
})

describe('ocikit serve --retention', () => {
  test('applies the rules when it starts, and logs what it has removed', async () => {
    await fill()
    // What was pushed just now is left alone.
    await ageRecords(data, 3_600_000)
    await writeFile(rules, JSON.stringify([RULE]))
    await using server = await start(['--data', data, '--log', 'json', '--retention', rules])
    await vi.waitFor(
      () => expect(server.stderr()).toMatch(/"removed by retention","tags":1,"manifests":0/),
      20_000,
    )
    const list = await fetch(`${server.url}/v2/team/app/tags/list`)
    expect(await list.json()).toEqual({ name: 'team/app', tags: ['latest', 'v1.10'] })
    expect(await server.stop()).toBe(0)
  })
})

describe.each(['gc', 'serve'])('ocikit %s refuses rules that make no sense, in one line', (command) => {
  test.each([
    ['[{"keep":{"last":"ten"}}]', '[0].keep.last must be a whole number from 0'],
    ['{}', 'must be a list of rules'],
    ['[{', /JSON/],
    [null, 'there is no such file'],
  ])('%s', async (text, why) => {
    if (text !== null) await writeFile(rules, text)
    const args = [command, '--retention', rules, ...(command === 'gc' ? ['--data', folder.path] : [])]
    const { code, stderr } = await run(args)
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1])
    if (why instanceof RegExp) expect(stderr).toMatch(why)
    else expect(stderr).toBe(`ocikit: --retention ${rules}: ${why}\n`)
  })
})
