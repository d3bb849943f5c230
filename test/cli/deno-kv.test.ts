/** The kinds of registries that need Deno, under the command in a real Deno. */

import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { all, scopeOf } from '../../src/testing/registry/scope.ts'
import { temporaryFolder } from '../clients/process.ts'
import { startServer } from '../runtimes/bun/start.ts'
import { DENO } from '../runtimes/deno/start.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))

test('kv: a database beside the file, alone and below another kind, from one run to the next', async () => {
  const folder = await temporaryFolder()
  try {
    const kv = { kind: 'kv', path: 'database' }
    const nested = { kind: 'readOnly', registry: { kind: 'sub', prefix: 'team', registry: kv } }
    const run = async (registry: object, work: (url: string) => Promise<void>) => {
      const config = folder.at('ocikit.json')
      await writeFile(config, JSON.stringify({ registry }))
      const args = ['run', '--no-prompt', '--no-lock', '--unstable-kv', '-A', BIN]
      const served = await startServer(DENO, [...args, 'serve', '--port', '0', '--config', config], {
        NO_COLOR: '1',
      })
      try {
        await work(served.url)
      } finally {
        await served.close()
      }
    }
    await run(kv, async (url) => {
      const scope = scopeOf(createClient(url), expect)
      await scope.pushIndex(['v1'], {}, 'team/a')
    })
    await run(nested, async (url) => {
      expect(await all(createClient(url).tags('a'))).toEqual(['v1'])
    })
  } finally {
    await folder.remove()
  }
})
