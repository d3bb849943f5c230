/** Every example in the help of a command does what it says. They run one after the other, as a reader would try them. */

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../adapters/cli/commands.ts'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { run as execute, type Folder, temporaryFolder } from '../clients/process.ts'
import { fill, makeImage, type TestImage } from '../transfer/images.ts'
import { type Example, examplesIn, servedBriefly } from './examples.ts'
import { run } from './run.ts'

/** What cannot be run here, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'ocikit login registry.example.com': 'asks at a terminal: test/cli/login.test.ts',
  'ocikit webhooks drop --data ./data --receiver ci.example.com':
    'nothing is kept for anybody here: test/cli/webhooks.test.ts',
  'ocikit sync --referrers distribution:/var/lib/registry localhost:5000':
    'wants a folder that distribution has written: test/distribution',
}

const helps = await Promise.all(Object.values(COMMANDS).map(async (read) => (await read()).help))
const examples = helps.flatMap(examplesIn)

const before = process.cwd()
let folder: Folder
let away: ListeningRegistry
let here: ListeningRegistry
let image: TestImage

beforeAll(async () => {
  folder = await temporaryFolder()
  image = await makeImage(1)
  away = await listen()
  here = await listen()
  for (const repository of ['library/alpine', 'team/app'])
    await fill(away.registry, repository, image, ['3', 'v1'])
  await fill(here.registry, 'team/app', image, ['v1', 'old'])
  process.chdir(folder.path)
  for (const place of ['oci:build:v1', 'oci:backup/team/app:v1'])
    expect(await run(['copy', `${here.host}/team/app:v1`, place])).toMatchObject({ code: 0 })
  await mkdir('docs')
  await mkdir('src')
  for (const file of ['README.md', 'docs/page.md', 'src/main.c', 'report.json', 'sbom.json'])
    await writeFile(file, `of ${file}`)
  await writeFile('ocikit.json', '{}')
})
afterAll(async () => {
  process.chdir(before)
  await Promise.all([away?.close(), here?.close()])
  await folder?.remove()
})

/** Ids of keys that a command has made. */
async function keyId(): Promise<string> {
  const { stdout } = await run(['token', 'list', '--tokens', 'keys.json'])
  return stdout.split(' ')[0]!
}

/** As it is written, but with registries that are there. */
async function placed(args: readonly string[]): Promise<string[]> {
  const id = args.includes('ID') ? await keyId() : ''
  return args.map((arg) =>
    arg
      .replace(/^(docker\.io|ghcr\.io|registry\.example\.com)(?=\/|$)/, away.host)
      .replace('localhost:5000', here.host)
      .replace(/sha256:[0-9a-f]{64}/, image.blobs[0]!.digest)
      .replace(/^ID$/, id),
  )
}

const env = () => ({ PATH: process.env['PATH'] ?? '', HOME: folder.path, DOCKER_CONFIG: folder.path })

async function inputOf({ input }: Example): Promise<Readable | undefined> {
  if (input === undefined) return undefined
  const { status, stdout } = await execute('bash', ['-c', input], { env: { TOKEN: 'secret' } })
  expect(status).toBe(0)
  return Readable.from([Buffer.from(stdout)])
}

describe('the example', () => {
  test.each(examples.filter(({ line }) => !(line in NOT_RUN)))('$line', async (example) => {
    const args = await placed(example.args)
    if (args[0] === 'serve') return expect(await servedBriefly(args, { ...env(), ...example.env })).toBe(0)
    // What was pushed from here would be in the way.
    if (args[0] === 'pull')
      await Promise.all(['README.md', 'docs'].map((name) => rm(name, { recursive: true })))
    const { code, stderr } = await run(args, env(), undefined, await inputOf(example))
    expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
  })
})

test('what is not run is an example', () => {
  const lines = examples.map(({ line }) => line)
  expect(Object.keys(NOT_RUN).filter((line) => !lines.includes(line))).toEqual([])
})
