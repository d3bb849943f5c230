/** The script builds into a registry that is gone afterwards, and copies what has passed. */

import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { users } from '../../src/index.ts'
import { type Folder, run, temporaryFolder } from '../clients/process.ts'
import { freePort } from '../free-port.ts'
import { fill, listed, makeImage, missingOf, type TestImage } from '../transfer/images.ts'
import { ROOT } from './start.ts'

const isBuilt = existsSync(join(ROOT, 'dist/adapters/cli/bin.js'))
if (!isBuilt) console.warn('skipped: the example copy-in-ci, dist is missing: npm run build')

describe.skipIf(!isBuilt)('the example copy-in-ci', () => {
  let folder: Folder
  let made: TestImage
  let from: Awaited<ReturnType<typeof listen>>
  let to: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    folder = await temporaryFolder()
    made = await makeImage(1)
    from = await listen()
    await fill(from.registry, 'app', made)
    to = await listen({ auth: users([{ name: 'ci', password: 'secret' }]) })
    const auths = { [to.host]: { auth: btoa('ci:secret') } }
    await writeFile(folder.at('config.json'), JSON.stringify({ auths }))
  })
  afterAll(async () => {
    await Promise.all([from?.close(), to?.close()])
    await folder?.remove()
  })

  const runAt = (port: number | string, destination: string, command: string) => {
    const env = { PORT: String(port), DOCKER_CONFIG: folder.path, HOME: folder.path }
    const args = [join(ROOT, 'examples/copy-in-ci/build-and-copy.sh'), destination, 'sh', '-ec', command]
    return run('sh', args, { cwd: ROOT, env })
  }
  const script = async (destination: string, command: string) => {
    const port = await freePort()
    const done = await runAt(port, destination, command)
    // Nothing of it is left.
    await expect.poll(() => fetch(`http://127.0.0.1:${port}/v2/`).catch(() => null)).toBeNull()
    return done
  }
  const build = () => `ocikit copy --quiet --referrers ${from.host}/app:v1 "$IMAGE"`

  test('copies the image with all that refers to it', async () => {
    const { status, stdout, stderr } = await script(`${to.host}/team/app:v1`, build())
    expect(status, stderr).toBe(0)
    expect(stdout).toContain('test/signature')
    const { digest } = await to.registry.resolveManifest('team/app', 'v1')
    expect(digest).toBe(made.index.digest)
    const manifests = [...made.images, made.index, ...made.referrers]
    expect(await missingOf(to.registry, 'team/app', { blobs: made.blobs, manifests })).toEqual([])
  })

  test('copies nothing of what has failed', async () => {
    const { status } = await script(`${to.host}/team/failed:v1`, `${build()}; exit 3`)
    expect(status).toBe(3)
    expect(await listed(to.registry.repositories())).not.toContain('team/failed')
  })

  test('pushes nothing to another program at its port', async () => {
    const { status, stderr } = await runAt(from.host.split(':')[1]!, `${to.host}/team/taken:v1`, build())
    expect([status, stderr]).toEqual([1, expect.stringContaining('listens on port')])
    expect(await listed(from.registry.repositories())).toEqual(['app'])
  })
})
