/**
 * An image is damaged on the disk: a check finds it, the client's own push heals it, and it can be pulled again.
 * @module
 */

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run, type Serving, start } from '../cli/run.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { makeSamples, type Samples } from './samples.ts'
import { type Client, client, describeClient } from './tools.ts'

describeClient('an image that was damaged, with skopeo', { commands: ['skopeo'] }, () => {
  let folder: Folder
  let samples: Samples
  let skopeo: Client
  beforeAll(async () => {
    folder = await temporaryFolder()
    samples = await makeSamples(folder.at('layout'))
    skopeo = client('skopeo', [], { env: { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') } })
  })
  afterAll(() => folder?.remove())

  const serve = (): Promise<Serving> => start(['--data', folder.at('data'), '--log', 'off'])
  const remote = ({ url }: Serving) => `docker://${new URL(url).host}/app:v1`
  const push = (server: Serving) =>
    skopeo.ok('copy', '--dest-tls-verify=false', `oci:${samples.layout.folder}:image`, remote(server))
  const pull = (server: Serving, to: string) =>
    ['copy', '--src-tls-verify=false', remote(server), `oci:${folder.at(to)}:image`] as const
  const check = (...args: string[]) => run(['check', '--data', folder.at('data'), ...args])

  /** Changes a byte in each file that holds a blob. */
  async function damage(): Promise<number> {
    const entries = await readdir(folder.at('data', 'content'), { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    for (const file of files) {
      const bytes = await readFile(file)
      bytes[bytes.length >> 1]! ^= 1
      await writeFile(file, bytes)
    }
    return files.length
  }

  test('is found, pushed again, and pulled', { timeout: 60_000 }, async () => {
    let blobs = 0
    {
      await using server = await serve()
      await push(server)
      await skopeo.ok(...pull(server, 'before'))
      await server.stop()
      expect((await check()).code).toBe(0)
      blobs = await damage()
      expect(blobs).toBe(3)
    }
    {
      await using server = await serve()
      await skopeo.fails(...pull(server, 'damaged'))
      await server.stop()
    }
    const found = await check('--repair')
    expect(found.code).toBe(1)
    expect(found.stdout.match(/^blob-digest: app@sha256:.* \(set aside\)$/gm)?.length).toBe(blobs)
    {
      await using server = await serve()
      await push(server)
      await skopeo.ok(...pull(server, 'after'))
      await server.stop()
    }
    expect(await check()).toMatchObject({ code: 0, stdout: expect.stringContaining('damaged: 0\n') })
    const index = JSON.parse(await readFile(folder.at('after', 'index.json'), 'utf8'))
    expect(index.manifests[0].digest).toBe(samples.image.digest)
  })
})
