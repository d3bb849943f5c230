/**
 * The registries that Ocikit is compared with, in the configuration that they come with.
 * @module
 */

import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { CACHE, isExecutable, run, which } from './run.ts'
import { temporaryFolder } from './scratch.ts'
import { startServer } from './server.ts'
import type { Subject } from './subject.ts'

const DISTRIBUTION = '3.1.2'
const INSTALL_LIMIT = 10 * 60_000

/** Finds a peer, or installs it. @throws Error that says why it cannot be had. */
export type FindPeer = (install: boolean, storage?: PeerStorage) => Promise<Subject>

/** Where a peer keeps everything, in the words of its configuration, given the folder that it starts over. */
type PeerStorage = (data: string) => Readonly<Record<string, object>>

const inFolder: PeerStorage = (data) => ({ filesystem: { rootdirectory: join(data, 'registry') } })

/** The peers by name. */
export const PEERS: Readonly<Record<string, FindPeer>> = {
  async 'docker-registry'(install, storage) {
    const folder = join(CACHE, 'docker-registry')
    const own = join(folder, 'usr/bin/docker-registry')
    const installed = which('docker-registry') ?? (isExecutable(own) ? own : undefined)
    if (installed === undefined && !install) throw new Error('not installed')
    if (installed === undefined) await unpackDebian('docker-registry', folder)
    const command = installed ?? own
    const version = (await run(command, ['--version'])).trim().split(' ').at(-1)!
    return peer('docker-registry', version, command, storage)
  },
  async distribution(install, storage) {
    const folder = join(CACHE, `distribution-${DISTRIBUTION}`)
    const command = join(folder, 'registry')
    if (!isExecutable(command)) {
      if (!install) throw new Error('not installed')
      if (which('go') === undefined) throw new Error('Go is not installed')
      const target = `github.com/distribution/distribution/v3/cmd/registry@v${DISTRIBUTION}`
      await run('go', ['install', target], { env: { GOBIN: folder }, timeout: INSTALL_LIMIT })
    }
    // Built by `go install` it does not know its own version.
    return peer('distribution', `v${DISTRIBUTION}`, command, storage)
  },
}

/** Installs a Debian package of a command that clients of the measurement need; only root can. */
export async function installCommand(command: string): Promise<void> {
  if (process.getuid?.() !== 0 || which('apt-get') === undefined)
    throw new Error(`${command} is not installed`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['install', '-y', '--no-install-recommends', command], { env, timeout: INSTALL_LIMIT })
}

/** Only the files: as a package it would start as a service, and that on a port of its own. */
async function unpackDebian(name: string, folder: string): Promise<void> {
  if (which('apt-get') === undefined) throw new Error('not installed, and this is no Debian')
  using temporary = temporaryFolder()
  await run('apt-get', ['download', name], { cwd: temporary.path, timeout: INSTALL_LIMIT })
  const [file] = await readdir(temporary.path)
  await mkdir(CACHE, { recursive: true })
  await rm(`${folder}.new`, { recursive: true, force: true })
  await run('dpkg-deb', ['-x', join(temporary.path, file!), `${folder}.new`])
  await rename(`${folder}.new`, folder)
}

function peer(name: string, version: string, command: string, storage = inFolder): Subject {
  return {
    name,
    version,
    async start(data) {
      const port = await freePort()
      const config = join(data, 'config.yml')
      await writeFile(config, configOf(storage(data), port))
      return startServer({
        command,
        args: ['serve', config],
        env: {
          OTEL_TRACES_EXPORTER: 'none',
          OTEL_METRICS_EXPORTER: 'none',
          OTEL_LOGS_EXPORTER: 'none',
          // Where it is set, the one of Debian does not start over S3.
          AWS_CA_BUNDLE: '',
        },
        url: `http://127.0.0.1:${port}`,
      })
    },
  }
}

/** As the Debian package configures it, but quiet, without passwords and on a port of its own. */
function configOf(storage: Readonly<Record<string, object>>, port: number): string {
  return `version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  cache:
    blobdescriptor: inmemory
${Object.entries(storage)
  .map(([name, options]) => `  ${name}: ${JSON.stringify(options)}\n`)
  .join('')}  delete:
    enabled: true
http:
  addr: 127.0.0.1:${port}
  secret: a secret of the measurement
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`
}
