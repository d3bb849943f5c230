/**
 * A token that ends in the middle of a push, for each client: it cannot send its stream again, so the upload goes on with
 * the rights that it began with, and for all else the client gets another token. regctl is not among them: it uses a
 * token for the minute that it takes it to live, and these are old when they come.
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type NodeServer, serve } from '../../adapters/node/index.ts'
import { tokenService } from '../../src/auth/tokens/index.ts'
import { type Auth, type Host, memory, ocikit, users } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { type Engine, startEngine } from './docker-engine.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { external } from './registry.ts'
import { makeSamples } from './samples.ts'
import { client, describeClient, type Needs } from './tools.ts'

/** How long a token lives, in seconds: clients take what is said to be less than a minute for a minute. */
const LIFE = 5

/** A request of an upload as it was answered, and whether its token had ended by then. */
interface Seen {
  readonly method: string
  readonly ended: boolean
  readonly status: number
}

/** Tokens are given out as if they were nearly over, with no leeway: clients go by the time that stands beside them. */
function shortLived({ records }: Storage): Auth {
  const login = users([{ name: 'ann', password: 'secret' }])
  const options = { login, authorize: login.authorize, records, leeway: 0 }
  const old = tokenService({ ...options, lifetime: 60, now: () => Date.now() - (60 - LIFE) * 1000 })
  return { ...tokenService(options), endpoint: old.endpoint }
}

/** A registry that takes its time with the first bytes of an upload: until the token has ended that they came with. */
async function slowRegistry(seen: Seen[]): Promise<NodeServer> {
  const storage = memory()
  const kit = ocikit({ storage, auth: shortLived(storage) })
  let isHeldUp = false
  const fetch = async (request: Request, env?: unknown, host?: Host): Promise<Response> => {
    const ends = endOf(request)
    const isUpload = ends !== null && /\/blobs\/uploads\/./.test(new URL(request.url).pathname)
    if (isUpload && request.method !== 'DELETE' && !isHeldUp) {
      isHeldUp = true
      await delay(Math.max(0, ends - Date.now()) + 200)
    }
    const ended = ends !== null && ends <= Date.now()
    const response = await kit.fetch(request, env, host)
    if (isUpload) seen.push({ method: request.method, ended, status: response.status })
    return response
  }
  return serve({ fetch }, { port: 0 })
}

function endOf(request: Request): number | null {
  const token = /^Bearer (\S+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
  return token === undefined ? null : decodeJwt(token).exp! * 1000
}

let seen: Seen[]
let server: NodeServer
let host: string
beforeEach(async () => {
  seen = []
  server = await slowRegistry(seen)
  host = new URL(server.url).host
})
afterEach(() => server?.close({ grace: 1000 }))

/** Bytes were taken with a token that had ended, and nothing was refused. */
function expectHonoured(): void {
  expect(seen.filter(({ ended }) => ended).map(({ status }) => status)).toEqual(
    expect.arrayContaining([expect.toBeOneOf([201, 202])]),
  )
  expect(seen.filter(({ status }) => status >= 400)).toEqual([])
}

/** How a client does it. `host` is the registry, which changes with each test. */
interface Acts {
  login(host: string): Promise<unknown>
  push(host: string): Promise<unknown>
  pull(host: string): Promise<unknown>
}

function goesOn(name: string, needs: Needs, prepare: (folder: Folder) => Promise<Acts>): void {
  describeClient(name, needs, () => {
    let folder: Folder
    let acts: Acts
    beforeAll(async () => {
      folder = await temporaryFolder()
      await mkdir(folder.at('docker'))
      await writeFile(folder.at('auth.json'), '{}')
      acts = await prepare(folder)
    })
    afterAll(() => folder?.remove())

    test('the push goes through, and the image can be pulled', { timeout: 60_000 }, async () => {
      await acts.login(host)
      await acts.push(host)
      expectHonoured()
      await acts.pull(host)
    })
  })
}

const ANN = ['-u', 'ann', '-p', 'secret']

describe.skipIf(external !== undefined)('a token that ends in the middle of a push', () => {
  goesOn('skopeo', { commands: ['skopeo'] }, async (folder) => {
    const { layout } = await makeSamples(folder.at('layout'))
    const env = { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') }
    const skopeo = client('skopeo', [], { env })
    const remote = (at: string) => `docker://${at}/a:1`
    return {
      login: (at) => skopeo.ok('login', '--tls-verify=false', ...ANN, at),
      push: (at) => skopeo.ok('copy', '--dest-tls-verify=false', `oci:${layout.folder}:image`, remote(at)),
      pull: (at) => skopeo.ok('copy', '--src-tls-verify=false', remote(at), `dir:${folder.at('pulled')}`),
    }
  })

  goesOn('podman', { commands: ['podman'], root: true }, async (folder) => {
    const folders = ['--root', folder.at('root'), '--runroot', folder.at('run'), '--tmpdir', folder.at('tmp')]
    const rest = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none']
    const env = { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') }
    const podman = client('podman', [...folders, ...rest], { env })
    const { layout } = await makeSamples(folder.at('layout'))
    await podman.ok('pull', '--quiet', `oci:${layout.folder}:image`)
    const [image = ''] = (await podman.ok('images', '--quiet', '--no-trunc')).split('\n')
    return {
      login: (at) => podman.ok('login', '--tls-verify=false', ...ANN, at),
      push: (at) => podman.ok('push', '--tls-verify=false', image, `${at}/a:1`),
      pull: (at) => podman.ok('pull', '--quiet', '--tls-verify=false', `${at}/a:1`),
    }
  })

  goesOn('buildah', { commands: ['buildah'], root: true }, async (folder) => {
    const roots = ['--root', folder.at('root'), '--runroot', folder.at('run'), '--storage-driver', 'vfs']
    const env = { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') }
    const buildah = client('buildah', roots, { env })
    const { layout } = await makeSamples(folder.at('layout'))
    const image = (await buildah.ok('pull', '--quiet', `oci:${layout.folder}:image`)).trim()
    return {
      login: (at) => buildah.ok('login', '--tls-verify=false', ...ANN, at),
      push: (at) => buildah.ok('push', '--tls-verify=false', image, `docker://${at}/a:1`),
      pull: (at) => buildah.ok('pull', '--policy=always', '--tls-verify=false', `${at}/a:1`),
    }
  })

  goesOn('oras', { commands: ['oras'] }, async (folder) => {
    await writeFile(folder.at('note.txt'), 'a note')
    const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker') }
    const oras = client('oras', [], { env, cwd: folder.path })
    return {
      login: (at) => oras.ok('login', '--plain-http', ...ANN, at),
      push: (at) => oras.ok('push', '--plain-http', `${at}/a:1`, 'note.txt'),
      pull: (at) => oras.ok('pull', '--plain-http', `${at}/a:1`, '--output', folder.at('out')),
    }
  })

  goesOn('crane', { commands: ['crane'] }, async (folder) => {
    await writeFile(folder.at('tar'), Buffer.alloc(10_240))
    const crane = client('crane', [], { env: { HOME: folder.path, DOCKER_CONFIG: folder.at('docker') } })
    const layer = ['-f', folder.at('tar'), '--oci-empty-base']
    return {
      login: (at) => crane.ok('auth', 'login', at, ...ANN),
      push: (at) => crane.ok('append', '--insecure', ...layer, '-t', `${at}/a:1`),
      pull: (at) => crane.ok('pull', '--insecure', `${at}/a:1`, folder.at('pulled.tar')),
    }
  })

  goesOn('helm', { commands: ['helm'] }, async (folder) => {
    const homes = Object.fromEntries(
      ['CACHE', 'CONFIG', 'DATA'].map((home) => [`HELM_${home}_HOME`, folder.at(home)]),
    )
    const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker'), ...homes }
    const helm = client('helm', [], { env })
    await mkdir(folder.at('a', 'templates'), { recursive: true })
    await writeFile(folder.at('a', 'Chart.yaml'), 'apiVersion: v2\nname: a\nversion: 1.0.0\n')
    await helm.ok('package', folder.at('a'), '--destination', folder.path)
    const to = ['--destination', folder.at('docker')]
    return {
      login: (at) => helm.ok('registry', 'login', '--plain-http', at, ...ANN),
      push: (at) => helm.ok('push', '--plain-http', folder.at('a-1.0.0.tgz'), `oci://${at}`),
      pull: (at) => helm.ok('pull', '--plain-http', `oci://${at}/a`, '--version', '1.0.0', ...to),
    }
  })

  describeClient('docker', { commands: ['docker', 'dockerd'], root: true }, () => {
    let engine: Engine
    beforeAll(async () => {
      engine = await startEngine()
    }, 120_000)
    afterAll(() => engine?.stop())

    test('the push goes through, and the image can be pulled', { timeout: 60_000 }, async () => {
      const { docker } = engine
      const remote = `${host}/a:1`
      await docker.ok('login', '-u', 'ann', '-p', 'secret', host)
      await docker.ok('tag', 'sample:1', remote)
      await docker.ok('push', remote)
      expectHonoured()
      await docker.ok('rmi', remote)
      expect(await docker.ok('pull', remote)).toContain('Digest: sha256:')
    })
  })
})
