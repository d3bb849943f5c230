/**
 * A token that ends in the middle of a push: a client cannot send its stream again, so the upload goes on with the
 * rights that it began with, and for all else the client gets another token.
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
import { client, describeClient } from './tools.ts'

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

describe.skipIf(external !== undefined)('a token that ends in the middle of a push', () => {
  describeClient('skopeo', { commands: ['skopeo'] }, () => {
    let folder: Folder
    beforeAll(async () => {
      folder = await temporaryFolder()
      await writeFile(folder.at('auth.json'), '{}')
      await mkdir(folder.at('pulled'))
    })
    afterAll(() => folder?.remove())

    test('the push goes through, and the image can be pulled', { timeout: 60_000 }, async () => {
      const { layout } = await makeSamples(folder.at('layout'))
      const env = { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') }
      const skopeo = client('skopeo', [], { env })
      const remote = `docker://${host}/a:1`
      await skopeo.ok('login', '--tls-verify=false', '-u', 'ann', '-p', 'secret', host)
      await skopeo.ok('copy', '--dest-tls-verify=false', `oci:${layout.folder}:image`, remote)
      expectHonoured()
      await skopeo.ok('copy', '--src-tls-verify=false', remote, `dir:${folder.at('pulled')}`)
    })
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
