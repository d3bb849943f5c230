/** oras pulls what the command pushes and attaches, and the other way round: over registries, and over layouts. */

import { chmod, mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PEERS } from '../bench/peers.ts'
import { run as ocikit } from '../cli/run.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { startRegistry } from '../clients/registry.ts'
import { type Client, client, describeClient } from '../clients/tools.ts'

/** Where a registry listens, and what ends it. */
interface Server {
  readonly host: string
  stop(): Promise<void>
}

/** A registry that does not list what refers to an image: there both keep the tag that stands in for the list. */
async function startDockerRegistry(): Promise<Server> {
  const folder = await temporaryFolder()
  await mkdir(folder.at('data'))
  const server = await (await PEERS['docker-registry']!(false)).start(folder.at('data'))
  const stop = async () => {
    await server[Symbol.asyncDispose]()
    await folder.remove()
  }
  return { host: new URL(server.url).host, stop }
}

const peer = await PEERS['docker-registry']!(false).then(
  () => true,
  () => false,
)
if (!peer) console.warn('skipped: artifacts in docker-registry, which is not installed')
const SERVERS: [string, () => Promise<Server>][] = [
  ['this registry', () => startRegistry()],
  ...(peer ? [['docker-registry', startDockerRegistry] satisfies [string, () => Promise<Server>]] : []),
]

describeClient('oras', { commands: ['oras'] }, () => {
  let folder: Folder
  let oras: Client

  beforeAll(async () => {
    folder = await temporaryFolder()
    await mkdir(folder.at('docker'))
    await mkdir(folder.at('files', 'dir', 'sub', 'empty'), { recursive: true })
    await writeFile(folder.at('files', 'note.txt'), 'note')
    await writeFile(folder.at('files', 'dir', 'run'), 'echo')
    await chmod(folder.at('files', 'dir', 'run'), 0o755)
    await symlink('../run', folder.at('files', 'dir', 'sub', 'link'))
    const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker') }
    oras = client('oras', [], { env, cwd: folder.at('files') })
  })
  afterAll(() => folder?.remove())

  /** Files are named by their paths from here: that is where this one runs. */
  async function ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await ocikit(args, { DOCKER_CONFIG: folder.at('docker') })
    expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
    return stdout
  }

  async function checkFiles(at: string): Promise<void> {
    expect(await readFile(folder.at(at, 'note.txt'), 'utf8')).toBe('note')
    expect(await readFile(folder.at(at, 'dir', 'run'), 'utf8')).toBe('echo')
    expect((await stat(folder.at(at, 'dir', 'run'))).mode & 0o100).not.toBe(0)
    expect(await readlink(folder.at(at, 'dir', 'sub', 'link'))).toBe('../run')
    expect((await stat(folder.at(at, 'dir', 'sub', 'empty'))).isDirectory()).toBe(true)
  }

  const files = () => [folder.at('files', 'note.txt:text/plain'), folder.at('files', 'dir')]
  const plain = '--plain-http'

  test.for(SERVERS)('and ocikit push, pull and attach for each other over %s', async ([name, start]) => {
    const server = await start()
    const to = `${name.replaceAll(' ', '-')}-`
    const image = (tag: string) => `${server.host}/files:${tag}`
    const referrers = async () => {
      const found = await oras.ok('discover', plain, '--format', 'json', image('theirs'))
      return (JSON.parse(found) as { referrers: { artifactType: string }[] }).referrers
    }
    try {
      await ok('push', '--annotation', 'a=b', '--artifact-type', 'example/files', image('ours'), ...files())
      await oras.ok('pull', plain, '--output', folder.at(`${to}ours`), image('ours'))
      await checkFiles(`${to}ours`)
      const type = ['--artifact-type', 'example/files']
      await oras.ok('push', plain, ...type, image('theirs'), 'note.txt:text/plain', 'dir')
      await ok('pull', '--output', folder.at(`${to}theirs`), image('theirs'))
      await checkFiles(`${to}theirs`)
      await oras.ok('push', plain, image('all'), '.')
      await ok('pull', '--output', folder.at(`${to}all`), image('all'))
      await checkFiles(`${to}all`)

      await ok('attach', image('theirs'), '--artifact-type', 'example/ours', files()[0]!)
      await oras.ok('attach', plain, '--artifact-type', 'example/theirs', image('theirs'), 'note.txt')
      const types = (await referrers()).map(({ artifactType }) => artifactType)
      expect(types.sort()).toEqual(['example/ours', 'example/theirs'])
      const tree = await ok('tree', image('theirs'))
      expect(tree.match(/example\/\w+$/gm)!.sort()).toEqual(types)
    } finally {
      await server.stop()
    }
  })

  test('and ocikit push, pull and attach for each other over a layout', async () => {
    const layout = folder.at('layout')
    await ok('push', `oci:${layout}:ours`, ...files())
    await oras.ok('pull', '--oci-layout', '--output', folder.at('from-ours'), `${layout}:ours`)
    await checkFiles('from-ours')
    await oras.ok('push', '--oci-layout', `${layout}:theirs`, 'note.txt:text/plain', 'dir')
    await ok('pull', '--output', folder.at('from-theirs'), `oci:${layout}:theirs`)
    await checkFiles('from-theirs')
    await ok('attach', `oci:${layout}:theirs`, '--artifact-type', 'example/ours', '--annotation', 'a=b')
    const found = await oras.ok('discover', '--oci-layout', '--format', 'json', `${layout}:theirs`)
    expect(JSON.parse(found)).toMatchObject({
      referrers: [{ artifactType: 'example/ours', annotations: { a: 'b' } }],
    })
    await ok('push', `tar:${folder.at('files.tar')}:v1`, ...files())
    await oras.ok('pull', '--oci-layout', '--output', folder.at('from-tar'), `${folder.at('files.tar')}:v1`)
    await checkFiles('from-tar')
  })
})
