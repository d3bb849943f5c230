/** The example of a client copies between two registries, and a real client reads the copy. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { type Folder, run, temporaryFolder } from '../clients/process.ts'
import { makeSamples } from '../clients/samples.ts'
import { client, describeClient } from '../clients/tools.ts'
import { ROOT } from './start.ts'

const isBuilt = existsSync(join(ROOT, 'dist/src/client/index.js'))
if (!isBuilt) console.warn('skipped: the example client, dist is missing: npm run build')

describe.skipIf(!isBuilt)('the example client', () => {
  let folder: Folder
  let from: Awaited<ReturnType<typeof listen>>
  let to: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    folder = await temporaryFolder()
    from = await listen()
    to = await listen()
  })
  afterAll(async () => {
    await from?.close()
    await to?.close()
    await folder?.remove()
  })
  const copy = (...args: string[]) =>
    run(process.execPath, [join(ROOT, 'examples/client/copy.ts'), ...args], { env: { HOME: folder.path } })

  describeClient('skopeo', { commands: ['skopeo'] }, () => {
    test('what skopeo has pushed is copied, and skopeo reads it', async () => {
      const { layout } = await makeSamples(folder.at('layout'))
      const skopeo = client('skopeo', ['copy', '--all', '--preserve-digests'], { env: { HOME: folder.path } })
      await skopeo.ok('--dest-tls-verify=false', `oci:${layout.folder}:index`, `docker://${from.host}/a:1`)
      const first = await copy(`${from.host}/a:1`, `${to.host}/b:2`)
      expect([first.status, first.stderr]).toEqual([0, ''])
      expect(first.stdout).toMatch(/^\d+ bytes of sha256:/)
      const { digest } = await from.registry.resolveManifest('a', '1')
      expect(first.stdout).toContain(`copied ${digest}`)
      const again = await copy(`${from.host}/a@${digest}`, `${to.host}/b:3`)
      expect(again.stdout).toBe(`copied ${digest}\n`)
      await skopeo.ok('--src-tls-verify=false', `docker://${to.host}/b:3`, `dir:${folder.at('pulled')}`)
    })
  })

  test('wrong use is told', async () => {
    const { status, stderr } = await copy('alpine')
    expect([status, stderr.includes('usage: node copy.ts FROM TO')]).toEqual([1, true])
  })
})
