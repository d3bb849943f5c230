/** What clients make of a registry that is read-only, and of one that they ask too much. */

import { mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from './docker-engine.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { makeSamples } from './samples.ts'
import { client, describeClient } from './tools.ts'

const READ_ONLY = /this registry is read-only now/
const TOO_MANY = /toomanyrequests|too many requests/i

describe.skipIf(external !== undefined)('limits', () => {
  let folder: Folder
  let readOnly: TestRegistry
  let spent: TestRegistry
  let brisk: TestRegistry
  let login: TestRegistry

  beforeAll(async () => {
    folder = await temporaryFolder()
    await mkdir(folder.at('docker'))
    await makeSamples(folder.at('layout'))
    readOnly = await startRegistry('--read-only')
    spent = await startRegistry('--rate-limit', '1/1h')
    await (await fetch(`${spent.url}/v2/_catalog`)).arrayBuffer()
    brisk = await startRegistry('--rate-limit', '1/5s')
    login = await startRegistry('--rate-limit', '1/1h', '--user', 'ann:secret', '--token-service')
    await (await fetch(`${login.url}/token`)).arrayBuffer()
  })
  afterAll(async () => {
    await Promise.all([readOnly, spent, brisk, login].map((registry) => registry?.stop()))
    await folder?.remove()
  })

  describeClient('skopeo', { commands: ['skopeo'] }, () => {
    const skopeo = () =>
      client('skopeo', ['--debug', 'copy', '--dest-tls-verify=false'], { env: { HOME: folder.path } })

    test('is told that the registry is read-only', async () => {
      expect(
        await skopeo().fails(`oci:${folder.at('layout')}:image`, `docker://${readOnly.host}/a:1`),
      ).toMatch(READ_ONLY)
    })

    test('is told that it asks for too many tokens', async () => {
      const args = ['list-tags', '--tls-verify=false', '--creds', 'ann:secret', `docker://${login.host}/a`]
      expect(await client('skopeo', [], { env: { HOME: folder.path } }).fails(...args)).toMatch(TOO_MANY)
    })

    test('waits as long as it is told, and asks again', { timeout: 60_000 }, async () => {
      await (await fetch(`${brisk.url}/v2/_catalog`)).arrayBuffer()
      const inspect = client('skopeo', ['--debug', 'inspect', '--tls-verify=false'], {
        env: { HOME: folder.path },
      })
      const told = await inspect.fails(`docker://${brisk.host}/a:1`)
      expect(told).toMatch(TOO_MANY)
      expect(told).toMatch(/manifest unknown/)
    })
  })

  describeClient('oras', { commands: ['oras'] }, () => {
    const oras = (...args: string[]) =>
      client('oras', args, { env: { HOME: folder.path, DOCKER_CONFIG: folder.at('docker') } })

    test('is told that the registry is read-only', async () => {
      const copy = oras('copy', '--from-oci-layout', `${folder.at('layout')}:image`, '--to-plain-http')
      expect(await copy.fails(`${readOnly.host}/a:1`)).toMatch(READ_ONLY)
    })

    test('is told that it asks too much', { timeout: 60_000 }, async () => {
      expect(await oras('repo', 'tags', '--plain-http').fails(`${spent.host}/a`)).toMatch(TOO_MANY)
    })
  })

  describeClient('docker', { commands: ['docker', 'dockerd', 'containerd', 'runc'], root: true }, () => {
    test('is told both, at a login, too', { timeout: 120_000 }, async () => {
      const { docker, stop } = await startEngine()
      try {
        await docker.ok('tag', 'sample:1', `${readOnly.host}/a:1`)
        expect(await docker.fails('push', `${readOnly.host}/a:1`)).toMatch(READ_ONLY)
        expect(await docker.fails('pull', `${spent.host}/a:1`)).toMatch(TOO_MANY)
        const ann = ['--username', 'ann', '--password', 'secret']
        expect(await docker.fails('login', ...ann, login.host)).toMatch(TOO_MANY)
      } finally {
        await stop()
      }
    })
  })
})
