/** The examples of the page and of the comments are valid, and print what they say. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Folder, run, startDaemon, temporaryFolder } from '../clients/process.ts'
import { allExamples, expectedOf, isTold, writeExamples } from './examples.ts'
import { ROOT } from './markdown.ts'

const examples = allExamples()
let folder: Folder

beforeAll(async () => {
  folder = await temporaryFolder()
  await writeExamples(folder.path, examples)
})

afterAll(() => folder?.remove())

const node = (...args: string[]) =>
  run(process.execPath, args, {
    env: { NO_COLOR: '1', NODE_COMPILE_CACHE: folder.at('cache') },
    timeout: 20_000,
  })

test('there are examples on the page and in the comments', () => {
  expect(examples.filter(({ from }) => from.startsWith('README.md')).length).toBeGreaterThan(5)
  expect(examples.filter(({ from }) => from.startsWith('src/')).length).toBeGreaterThan(5)
  expect(examples.filter(({ from }) => from.startsWith('adapters/')).length).toBeGreaterThan(2)
})

test('they are valid under strict settings', async () => {
  const { status, stdout } = await run(`${ROOT}/node_modules/.bin/tsc`, ['-p', folder.path])
  expect(status === 0, stdout).toBe(stdout === '')
  // Errors of the sources are of another test.
  expect(stdout.split('\n').filter((line) => !/^(src|adapters)\//.test(line) && line !== '')).toEqual([])
})

describe('prints what it says:', () => {
  test.each(examples.filter(isTold))('$from', async (example) => {
    const { status, stdout, stderr } = await node(folder.at(example.file))
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    // `// 404: there is nothing yet` explains the value before the colon.
    for (const [at, expected] of expectedOf(example).entries()) {
      expect([expected, expected.split(': ')[0]], `line ${at + 1}`).toContain(lines[at])
    }
  })
})

describe('has a default export that answers:', () => {
  // What a page of Next exports is given Node's request, not a web one.
  const handlers = examples.filter(({ code }) => /export default (?!toApiHandler)/.test(code))
  test.each(handlers)('$from', async ({ file }) => {
    const ask = `const { default: kit } = await import(process.argv[1])
      // Bindings of a Worker, for those that want some.
      const env = { BUCKET: {}, SESSIONS: {} }
      const response = await kit.fetch(new Request('http://localhost/v2/'), env, { waitUntil() {} })
      console.log(response.status, await response.text())`
    const { stdout, stderr } = await node('--input-type=module', '--eval', ask, folder.at(file))
    expect(stderr).toBe('')
    expect(stdout).toBe('200 {}\n')
  })
})

describe('serves until it is stopped:', () => {
  test.each(examples.filter(({ mark }) => mark === 'serves'))('$from', async ({ code }) => {
    expect(code).toContain('port: 5000')
    const script = code.replace('port: 5000', 'port: 0').replace('./data', folder.at('data'))
    await writeFile(join(folder.path, 'serves.ts'), script)
    const listening = (output: string) => output.includes('http://')
    const args = [folder.at('serves.ts')]
    const server = await startDaemon(process.execPath, args, listening, { env: { PASSWORD: 'secret' } })
    try {
      const ping = `${server.output().trim()}/v2/`
      const authorization = `Basic ${btoa('ann:secret')}`
      expect((await fetch(ping)).status).toBe(401)
      expect((await fetch(ping, { headers: { authorization } })).status).toBe(200)
    } finally {
      const begun = Date.now()
      await server.stop()
      // It ends by itself, and is not killed.
      expect(Date.now() - begun).toBeLessThan(8_000)
    }
    expect(server.output().trim().split('\n')).toHaveLength(1)
  })
})
