/** The commands of the page that are in no block with a mark, each run as it stands, one after the other. */

import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { blocksOf, marked, readme } from '../docs/markdown.ts'
import { freePort } from '../free-port.ts'
import { fill, makeImage } from '../transfer/images.ts'
import { callsIn, servedBriefly } from './examples.ts'
import { run } from './run.ts'

const calls = blocksOf(readme)
  .filter(({ language, mark }) => language === 'sh' && mark === undefined)
  .flatMap(({ code }) => callsIn(code))
  // test/runtimes/s3 has buckets.
  .filter(({ line }) => !line.includes('s3://'))

const before = process.cwd()
let folder: Folder

beforeAll(async () => {
  folder = await temporaryFolder()
  process.chdir(folder.path)
  await using kit = testRegistry({ storage: await fs('data') })
  await fill(kit.registry, 'team/app', await makeImage(1))
  await writeFile('users', `ann:${hashSync('secret', 4)}\n`)
  await writeFile('policy.json', '{"rules":[{"who":"group:dev","allow":"read-write"}]}')
  await writeFile('rules.json', marked('retention').code)
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const files = ['-keyout', 'tls.key', '-out', 'tls.crt', '-subj', '/CN=localhost']
  execFileSync('openssl', ['req', '-x509', ...kind, ...files], { stdio: 'ignore' })
})
afterAll(async () => {
  process.chdir(before)
  await folder?.remove()
})

/** What cannot be known before: the id of a key, and a port that is free. */
async function known(args: readonly string[]): Promise<string[]> {
  const id = args.includes('ID')
    ? (await run(['token', 'list', '--tokens', 'keys.json'])).stdout.split(' ')[0]!
    : ''
  const port = args.includes('9090') ? String(await freePort()) : ''
  return args.map((arg) => ({ ID: id, '9090': port })[arg] ?? arg)
}

describe('the page says', () => {
  test.each(calls)('$line', async ({ args, env }) => {
    const words = await known(args)
    if (words[0] === 'serve') return expect(await servedBriefly(words, env)).toBe(0)
    const { code, stderr } = await run(words, env)
    expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
  })
})

test('the page has such commands', () => {
  expect(new Set(calls.map(({ args }) => args[0]))).toEqual(
    new Set(['serve', 'token', 'gc', 'usage', 'check']),
  )
})
