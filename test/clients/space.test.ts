/**
 * What clients push, delete and have collected takes no space any more; what does not fit into a quota is refused in
 * words that they show.
 * @module
 */

import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run as ocikit } from '../cli/run.ts'
import { type Server, startServer } from '../crash/server.ts'
import { type Engine, startEngine } from './docker-engine.ts'
import { randomTar } from './images.ts'
import { type Folder, run, temporaryFolder } from './process.ts'
import { external } from './registry.ts'
import { client, describeClient } from './tools.ts'

const MIB = 1024 * 1024
/** What is pushed and deleted. */
const SIZE = 8 * MIB

let folder: Folder
let server: Server
beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(folder.at('data'), '--quota', 'small=1MiB')
})
afterAll(async () => {
  await server?.kill()
  await folder?.remove()
})

const remote = (name: string) => `127.0.0.1:${server.port}/${name}`

/** Bytes on the disk, by `du`. */
async function du(): Promise<number> {
  const { stdout } = await run('du', ['--summarize', '--bytes', folder.at('data')])
  return Number(stdout.split('\t')[0])
}

/** Stops the server, collects, and starts it again. */
async function collect(): Promise<void> {
  expect(await server.stop()).toBe(0)
  const { code, stderr } = await ocikit(['gc', '--data', folder.at('data'), '--grace', '0'])
  expect([code, stderr]).toEqual([0, ''])
  server = await startServer(folder.at('data'), '--quota', 'small=1MiB')
}

/** Pushes twice and deletes the second one: what that took is free again, and the first one is still there. */
async function expectSpaceBack(
  push: (name: string) => Promise<unknown>,
  remove: (name: string) => Promise<unknown>,
): Promise<void> {
  await push('kept')
  await collect()
  const before = await du()
  expect(before).toBeGreaterThan(SIZE)
  await push('deleted')
  expect((await du()) - before).toBeGreaterThan(SIZE)
  await remove('deleted')
  await collect()
  // A few folders that are empty now.
  expect((await du()) - before).toBeLessThan(MIB / 4)
}

describe.skipIf(external !== undefined)('space comes back', () => {
  describeClient(
    'docker',
    { commands: ['docker', 'dockerd', 'containerd', 'runc', 'du'], root: true },
    () => {
      let engine: Engine
      beforeAll(async () => {
        engine = await startEngine()
      })
      afterAll(() => engine?.stop())

      const load = async (name: string): Promise<string> => {
        await pipeline(randomTar(SIZE), createWriteStream(engine.folder.at('random.tar')))
        await engine.docker.ok('import', engine.folder.at('random.tar'), remote(name))
        return remote(name)
      }

      test('of an image that docker has pushed', async () => {
        const push = async (name: string) => engine.docker.ok('push', await load(`docker/${name}:1`))
        await expectSpaceBack(push, async (name) => {
          const url = `${server.url}/v2/docker/${name}/manifests`
          const { headers } = await fetch(`${url}/1`, {
            method: 'HEAD',
            headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
          })
          const gone = await fetch(`${url}/${headers.get('docker-content-digest')}`, { method: 'DELETE' })
          expect(gone.status).toBe(202)
        })
        const kept = await fetch(`${server.url}/v2/docker/kept/tags/list`)
        expect(await kept.json()).toEqual({ name: 'docker/kept', tags: ['1'] })
        const tags = await engine.docker.ok('pull', '--all-tags', remote('docker/kept'))
        expect(tags).toContain('Digest: sha256:')
      })

      test('and what exceeds a quota is refused at once, in words that docker shows', async () => {
        const told = await engine.docker.fails('push', await load('small/image:1'))
        expect(told).toContain('denied: the quota of small is full: 0 bytes of 1 MiB are used')
        expect(told).not.toContain('Retrying')
      })
    },
  )

  describeClient('oras', { commands: ['oras', 'du'] }, () => {
    test('of an artifact that oras has pushed and deleted', async () => {
      const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker') }
      const oras = client('oras', [], { env, cwd: folder.path })
      const push = async (name: string) => {
        await writeFile(folder.at('layer'), crypto.getRandomValues(new Uint8Array(65_536)))
        await pipeline(randomTar(SIZE), createWriteStream(folder.at('random.tar')))
        await oras.ok('push', '--plain-http', remote(`oras/${name}:1`), 'random.tar', 'layer')
      }
      await expectSpaceBack(push, (name) =>
        oras.ok('manifest', 'delete', '--plain-http', '--force', remote(`oras/${name}:1`)),
      )
      await oras.ok('pull', '--plain-http', remote('oras/kept:1'), '--output', folder.at('pulled'))
      const refused = await oras.fails('push', '--plain-http', remote('small/artifact:1'), 'random.tar')
      expect(refused).toContain('the quota of small is full')
    })
  })
})
