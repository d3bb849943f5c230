/** The page's blocks about copies and logins do what they say. */

import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { users } from '../../src/index.ts'
import { temporaryFolder } from '../clients/process.ts'
import { marked } from '../docs/markdown.ts'
import { runTranscript } from '../docs/transcript.ts'
import { fill, makeImage } from '../transfer/images.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))

/** Runs a block in a folder in which `ocikit` is this command. */
async function runBlock(
  mark: string,
  substitutions: Record<string, string>,
  more: Record<string, string> = {},
): Promise<void> {
  const folder = await temporaryFolder()
  try {
    await mkdir(folder.at('bin'))
    await writeFile(folder.at('bin', 'ocikit'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`)
    await chmod(folder.at('bin', 'ocikit'), 0o755)
    const env = { PATH: `${folder.at('bin')}:${process.env['PATH']}`, DOCKER_CONFIG: folder.path, ...more }
    await runTranscript(marked(mark).code, folder.path, substitutions, env)
  } finally {
    await folder.remove()
  }
}

test('the block about copies runs', async () => {
  await using away = await listen()
  await using here = await listen()
  await fill(away.registry, 'library/alpine', await makeImage(1), ['3'])
  await runBlock('copy', { 'docker.io': away.host, '127.0.0.1:5000': here.host })
})

test('the block about logins runs', async () => {
  await using here = await listen({ auth: users([{ name: 'ann', password: 'secret' }]) })
  await fill(here.registry, 'team/app', await makeImage(1), ['v1'])
  await runBlock('login', { '127.0.0.1:5000': here.host }, { PASSWORD: 'secret' })
})
