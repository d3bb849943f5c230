/**
 * A docker engine for the examples.
 * @module
 */

import { writeFile } from 'node:fs/promises'
import { dockerArchive } from '../clients/images.ts'
import { startDaemon, temporaryFolder } from '../clients/process.ts'
import { type Client, client } from '../clients/tools.ts'

/** An engine that has the image `sample:1`. */
export interface Engine {
  readonly docker: Client
  stop(): Promise<void>
}

/** Starts an engine that touches nothing outside its folder. */
export async function startEngine(): Promise<Engine> {
  const folder = await temporaryFolder()
  const socket = `unix://${folder.at('sock')}`
  const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('config'), DOCKER_CONTENT_TRUST: '0' }
  const docker = client('docker', ['--host', socket], { env })
  const network = ['--bridge=none', '--iptables=false', '--ip6tables=false']
  const roots = [
    '--data-root',
    folder.at('data'),
    '--exec-root',
    folder.at('exec'),
    '--pidfile',
    folder.at('pid'),
  ]
  const flags = [...network, '--storage-driver=vfs', ...roots, '--host', socket]
  const daemon = await startDaemon('dockerd', flags, (output) => output.includes('API listen on'))
  await writeFile(folder.at('image.tar'), dockerArchive('sample:1'))
  await docker.ok('load', '--quiet', '--input', folder.at('image.tar'))
  return {
    docker,
    async stop() {
      await daemon.stop()
      await folder.remove()
    },
  }
}
