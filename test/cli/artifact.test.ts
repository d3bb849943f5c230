/** `push`, `pull` and `attach`. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { main } from '../../adapters/cli/main.ts'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { pushRaw, rawFile } from '../artifact/stage.ts'
import { run as execute, type Folder, temporaryFolder } from '../clients/process.ts'
import { fill, makeImage } from '../transfer/images.ts'
import { run } from './run.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))

let server: ListeningRegistry
let folder: Folder

beforeEach(async () => {
  folder = await temporaryFolder()
  server = await listen()
  await mkdir(folder.at('in', 'dir'), { recursive: true })
  await writeFile(folder.at('in', 'a.txt'), 'one')
  await writeFile(folder.at('in', 'b:c'), 'two')
  await writeFile(folder.at('in', 'dir', 'd'), 'three')
})
afterEach(async () => {
  await server.close()
  await folder.remove()
})

const at = (name: string) => `${server.host}/${name}`
const ocikit = (...args: string[]) => run(args, { DOCKER_CONFIG: folder.path })

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ocikit(...args)
  expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
  return stdout
}

async function manifestOf(place: string) {
  return JSON.parse(await ok('manifest', place)) as {
    artifactType: string
    annotations?: Record<string, string>
    config: { annotations?: Record<string, string> }
    layers: { mediaType: string; annotations: Record<string, string> }[]
    subject?: { digest: string }
  }
}

const places = () => [at('files'), `oci:${folder.at('layout')}`, `tar:${folder.at('files.tar')}`]

test('files are pushed, pulled and attached in registries, layouts and archives, under one digest', async () => {
  const files = [folder.at('in', 'a.txt:text/plain'), folder.at('in', 'b:c'), folder.at('in', 'dir')]
  const digests = new Set<string>()
  for (const [no, place] of places().entries()) {
    const pushed = await ok('push', '--tag', 'v2', `${place}:v1`, ...files)
    expect(pushed).toMatch(/^sha256:\w{64} {2}v1 {2}v2 {2}3 files, \d+ bytes\n$/)
    digests.add(pushed.slice(0, 71))
    expect(await ok('pull', '--output', folder.at(`out${no}`), `${place}:v2`)).toMatch(
      /3 files, \d+ bytes\n$/,
    )
    expect(await readFile(folder.at(`out${no}`, 'b:c'), 'utf8')).toBe('two')
    expect(await readFile(folder.at(`out${no}`, 'dir', 'd'), 'utf8')).toBe('three')
    const facts = ['--artifact-type', 'example/sbom', '--annotation', 'by=ann']
    const attached = JSON.parse(await ok('attach', '--json', `${place}:v1`, ...facts, files[0]!)) as {
      subject: string
      tags: unknown[]
    }
    expect(attached).toMatchObject({ subject: pushed.slice(0, 71), artifactType: 'example/sbom', tags: [] })
    expect(await ok('tree', `${place}:v1`)).toMatch(/\n {2}<- sha256:\w{64} {2}example\/sbom\n$/)
  }
  expect(digests.size).toBe(1)
})

test('types, facts and titles are what was said', async () => {
  const facts = {
    $manifest: { a: 'file', b: 'file' },
    $config: { c: '1' },
    [folder.at('in', 'a.txt')]: { d: '2' },
  }
  await writeFile(folder.at('facts.json'), JSON.stringify(facts))
  const flags = [
    '--annotation-file',
    folder.at('facts.json'),
    '--annotation',
    'a=flag=1',
    '--artifact-type',
    'x/y',
  ]
  await ok('push', ...flags, at('files:v1'), folder.at('in', 'a.txt:text/plain'), folder.at('in', 'b:c:'))
  expect(await manifestOf(at('files:v1'))).toMatchObject({
    artifactType: 'x/y',
    annotations: { a: 'flag=1', b: 'file' },
    config: { annotations: { c: '1' } },
    layers: [
      { mediaType: 'text/plain', annotations: { d: '2', 'org.opencontainers.image.title': 'a.txt' } },
      { mediaType: 'application/octet-stream', annotations: { 'org.opencontainers.image.title': 'b:c' } },
    ],
  })
})

test('the standard input is pushed, with a name or without', async () => {
  const pushed = await execute(
    process.execPath,
    [BIN, 'push', at('files:v1'), '--title', 'in:text/plain', '-'],
    {
      env: { DOCKER_CONFIG: folder.path },
      input: 'piped',
    },
  )
  expect(pushed).toMatchObject({ status: 0, stderr: expect.stringContaining('in  5 bytes  copied') })
  await ok('pull', '--output', folder.at('out'), at('files:v1'))
  expect(await readFile(folder.at('out', 'in'), 'utf8')).toBe('piped')
  const lines: string[] = []
  const output = { write: (text: string) => lines.push(text) }
  const argv = ['node', 'ocikit', 'push', at('files:v2'), '-']
  await main({ argv, env: {}, stdin: Readable.from([Buffer.from('again')]), stdout: output, stderr: output })
  const { layers } = await manifestOf(at('files:v2'))
  expect(layers).toMatchObject([{ size: 5, mediaType: 'application/octet-stream' }])
  const { code, stderr } = await ocikit('pull', at('files:v2'))
  expect([code, stderr]).toEqual([1, expect.stringContaining('there are no files in it')])
})

test('pull tells of each file, and what to do when one is there already', async () => {
  await ok('push', at('files:v1'), folder.at('in', 'a.txt'))
  const to = ['--output', folder.at('out'), at('files:v1')]
  expect(await ocikit('pull', ...to)).toMatchObject({ stderr: 'a.txt  3 bytes  copied\n' })
  expect(await ocikit('pull', ...to)).toMatchObject({ stderr: 'a.txt  3 bytes  there\n' })
  await writeFile(folder.at('out', 'a.txt'), 'mine')
  expect(await ocikit('pull', ...to)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'ocikit: there is another "a.txt" already, and nothing is replaced: --force does\n',
  })
  const pulled = JSON.parse(await ok('pull', '--json', '--force', ...to)) as { files: unknown[] }
  expect(pulled).toMatchObject({ files: [{ title: 'a.txt', state: 'pulled', descriptor: { size: 3 } }] })
})

test('pull --force does not replace folders by files, and gives no advice that does not help', async () => {
  await ok('push', at('files:v1'), folder.at('in', 'a.txt'))
  await mkdir(folder.at('out', 'a.txt'), { recursive: true })
  const { code, stderr } = await ocikit('pull', '--force', '--output', folder.at('out'), at('files:v1'))
  expect([code, stderr]).toEqual([1, expect.stringMatching(/there is another "a\.txt" already/)])
  expect(stderr).not.toContain('--force')
})

test('a pull that waits for its manifest is stopped', async () => {
  await ok('push', at('files:v1'), folder.at('in', 'a.txt'))
  const end = new AbortController()
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await using slow = await listen({
    registry: {
      ...server.registry,
      async getManifest(...args) {
        end.abort(new Error('stopped'))
        await released
        return server.registry.getManifest(...args)
      },
    },
  })
  const args = ['pull', '--output', folder.at('out'), `${slow.host}/files:v1`]
  const { code, stderr } = await run(args, { DOCKER_CONFIG: folder.path }, end.signal)
  release()
  expect([code, stderr]).toEqual([1, 'ocikit: stopped\n'])
})

test('a title with control characters does not get to the terminal, nor out of the folder', async () => {
  await pushRaw(server.registry, 'v1', [rawFile('a\u001b[2J')])
  await pushRaw(server.registry, 'v2', [rawFile('../../a')])
  for (const tag of ['v1', 'v2']) {
    const { code, stdout, stderr } = await ocikit('pull', '--output', folder.at('out'), at(`raw:${tag}`))
    expect([code, stderr]).toEqual([1, expect.stringContaining('that leads elsewhere')])
    expect(stdout + stderr).not.toContain('\u001b')
  }
  expect(await readdir(folder.path)).not.toContain('out')
})

test('a pull that is stopped leaves nothing that is not whole, and the next one goes on', async () => {
  await writeFile(folder.at('in', 'large'), Buffer.alloc(4_000_000, 'x'))
  await ok('push', at('files:v1'), folder.at('in', 'a.txt'), folder.at('in', 'large'))
  // A registry that never ends the large one.
  await using slow = await listen({
    registry: {
      ...server.registry,
      async getBlob(...args) {
        const content = await server.registry.getBlob(...args)
        if (content.descriptor.size < 1000) return content
        const stall = new ReadableStream<Uint8Array>({ start: (to) => to.enqueue(new Uint8Array(1000)) })
        return { ...content, stream: () => stall }
      },
    },
  })
  const args = [BIN, 'pull', '--output', folder.at('out'), `${slow.host}/files:v1`]
  const child = spawn(process.execPath, args, { env: { ...process.env, DOCKER_CONFIG: folder.path } })
  let told = ''
  const ended = once(child, 'close')
  let isStopped = false
  child.stderr.on('data', (chunk) => {
    told += chunk
    // Once: the second one would end it on the spot.
    if (isStopped || !told.includes('a.txt')) return
    isStopped = true
    child.kill('SIGINT')
  })
  expect((await ended)[0]).toBe(1)
  expect(told).toContain('begin it again to go on where it was')
  expect(await readdir(folder.at('out'))).toEqual(['a.txt'])
  const { stderr } = await ocikit('pull', '--output', folder.at('out'), at('files:v1'))
  expect(stderr).toContain('a.txt  3 bytes  there')
  expect(stderr).toMatch(/large {2}\S+ MiB {2}copied/)
})

test('attach refers to the image of a platform, and to what has only a digest', async () => {
  const image = await makeImage(1)
  await fill(server.registry, 'app', image)
  const facts = ['--annotation', 'c=d', '--artifact-type']
  await ok('attach', at('app:v1'), '--platform', 'linux/arm64', ...facts, 'of/arm64')
  await ok('attach', at(`app@${image.index.digest}`), ...facts, 'of/all')
  const tree = (await ok('tree', at('app:v1'))).split('\n')
  const arm = tree.findIndex((line) => line.endsWith('linux/arm64'))
  expect(tree[arm - 1]).toContain('linux/amd64')
  expect(tree.slice(arm).some((line) => /^ {4}<- sha256:\w+ {2}of\/arm64$/.test(line))).toBe(true)
  expect(tree.some((line) => /^ {2}<- sha256:\w+ {2}of\/all$/.test(line))).toBe(true)
})

test.each([
  [['push'], 'push takes a place and files'],
  [['push', 'oci:x'], 'push takes a place and files'],
  [['push', 'oci:x', 'nothing:here'], 'there is no file "nothing:here"'],
  [['push', 'oci:x', 'nothing:text/plain'], 'there is no file "nothing"'],
  [['push', 'oci:x', '-', '-'], 'the standard input can be only one of the files'],
  [['push', 'oci:x', 'README.md', '--title', 'x'], '--title is what the standard input is called'],
  [['push', 'oci:x', 'README.md', '--annotation', 'x'], '--annotation must be written KEY=VALUE'],
  [['push', 'oci:x', 'README.md', '--annotation-file', 'nowhere'], '--annotation-file cannot be read'],
  [['push', 'oci:x', 'README.md', '--annotation-file', 'README.md'], '--annotation-file must hold JSON'],
  [['push', 'oci:x', 'README.md', '--artifact-type', 'x'], '--artifact-type must be a media type'],
  [['push', 'oci:x', 'README.md', '--tag', '///'], '--tag must be a tag'],
  [['push', 'UPPER/x', 'README.md'], 'invalid repository name'],
  [['push', 'oci:x', 'README.md', '--concurrency', '0'], '--concurrency must be a number'],
  [['pull'], 'pull takes an artifact'],
  [['pull', 'oci:nowhere:v1'], 'there is no nowhere'],
  [['pull', 'oci:x', '--max-unpacked', 'much'], '--max-unpacked must be'],
  [['attach', 'oci:x'], 'attach takes an image, and files or annotations'],
  [['attach', 'oci:x', 'README.md'], 'attach needs --artifact-type'],
])('%j is wrong use', async (args, message) => {
  const { code, stdout, stderr } = await ocikit(...args)
  expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
  expect(stderr).toContain(message)
})

test('an index is refused with advice', async () => {
  const index = new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}')
  await server.registry.pushManifest('index', index, '', { tags: ['v1'] })
  const { code, stderr } = await ocikit('pull', at('index:v1'))
  expect([code, stderr]).toEqual([2, expect.stringContaining('choose one with --platform')])
})
