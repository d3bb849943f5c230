/** What is written of files as artifacts does what it says: on the page, and in the examples of the commands. */

import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as attach from '../../adapters/cli/commands/attach.ts'
import * as pull from '../../adapters/cli/commands/pull.ts'
import * as push from '../../adapters/cli/commands/push.ts'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { marked } from '../docs/markdown.ts'
import { runTranscript } from '../docs/transcript.ts'
import { fill, makeImage } from '../transfer/images.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))

let folder: Folder
let server: ListeningRegistry
let env: Record<string, string>

beforeEach(async () => {
  folder = await temporaryFolder()
  server = await listen()
  await mkdir(folder.at('bin'))
  await writeFile(folder.at('bin', 'ocikit'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`)
  await chmod(folder.at('bin', 'ocikit'), 0o755)
  env = { PATH: `${folder.at('bin')}:${process.env['PATH']}`, DOCKER_CONFIG: folder.path }
})
afterEach(async () => {
  await server.close()
  await folder.remove()
})

test('the block runs', async () => {
  await runTranscript(marked('artifacts').code, folder.path, { '127.0.0.1:5000': server.host }, env)
})

test('the examples of push, pull and attach run', async () => {
  await fill(server.registry, 'team/app', await makeImage(1))
  for (const name of ['docs', 'src']) await mkdir(folder.at(name))
  for (const name of ['README.md', 'docs/a', 'src/b', 'report.json', 'sbom.json'])
    await writeFile(folder.at(name), name)
  const examples = [push, pull, attach].flatMap(({ help }) => {
    const { examples: text = '' } = /\nExamples:\n(?<examples>(?: {2}.*\n)+)/.exec(help)?.groups ?? {}
    return text.trim().split(/\n */)
  })
  expect(examples).toHaveLength(7)
  const script = ['ocikit copy --referrers localhost:5000/team/app:v1 oci:build', ...examples].join('\n')
  await runTranscript(script, folder.path, { 'localhost:5000': server.host }, env)
})
