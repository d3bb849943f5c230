/**
 * A docker engine that touches nothing outside its folder.
 * @module
 */

import { writeFile } from 'node:fs/promises'
import { dockerArchive } from './images.ts'
import { type Folder, startDaemon, temporaryFolder } from './process.ts'
import { type Client, client } from './tools.ts'

/** An engine that has the image `sample:1`. */
export interface Engine {
  readonly docker: Client
  /** The command with other variables. */
  with(env: Record<string, string>): Client
  /** Where its files are, and those of its tests may be. */
  readonly folder: Folder
  /** Loads `sample:1` again. */
  load(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

/**
 * Starts an engine. It has no network of its own, so a registry is reached on 127.0.0.1.
 * @param more Flags of its own.
 */
export async function startEngine(...more: string[]): Promise<Engine> {
  const folder = await temporaryFolder()
  const socket = `unix://${folder.at('sock')}`
  const base = { HOME: folder.path, DOCKER_CONFIG: folder.at('config'), DOCKER_CONTENT_TRUST: '0' }
  const command = (env: Record<string, string>) =>
    client('docker', ['--host', socket], { env: { ...base, ...env } })
  const network = ['--bridge=none', '--iptables=false', '--ip6tables=false']
  const roots = [
    '--data-root',
    folder.at('data'),
    '--exec-root',
    folder.at('exec'),
    '--pidfile',
    folder.at('pid'),
  ]
  const flags = [...network, '--storage-driver=vfs', ...roots, '--host', socket, ...more]
  const daemon = await startDaemon('dockerd', flags, (output) => output.includes('API listen on'))
  await writeFile(folder.at('image.tar'), dockerArchive('sample:1'))
  const docker = command({})
  const load = async () => void (await docker.ok('load', '--quiet', '--input', folder.at('image.tar')))
  await load()
  return {
    docker,
    with: command,
    folder,
    load,
    async stop() {
      await daemon.stop()
      await folder.remove()
    },
  }
}
