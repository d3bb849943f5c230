/** The page's block about copies does what it says. */

import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { temporaryFolder } from '../clients/process.ts'
import { marked } from '../docs/markdown.ts'
import { runTranscript } from '../docs/transcript.ts'
import { fill, makeImage } from '../transfer/images.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))

test('the block runs', async () => {
  const folder = await temporaryFolder()
  const [away, here] = [await listen(), await listen()]
  try {
    await fill(away.registry, 'library/alpine', await makeImage(1), ['3'])
    await mkdir(folder.at('bin'))
    await writeFile(folder.at('bin', 'ocikit'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`)
    await chmod(folder.at('bin', 'ocikit'), 0o755)
    const env = { PATH: `${folder.at('bin')}:${process.env['PATH']}`, DOCKER_CONFIG: folder.path }
    await runTranscript(
      marked('copy').code,
      folder.path,
      { 'docker.io': away.host, '127.0.0.1:5000': here.host },
      env,
    )
  } finally {
    await Promise.all([away.close(), here.close()])
    await folder.remove()
  }
})
