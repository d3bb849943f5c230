/**
 * The page's shell blocks do what they say: they are run, each in an empty folder, against a registry on a free
 * port. There is no network here, so images come from the folder instead of from a registry in the internet.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Serving, start } from '../cli/run.ts'
import { dockerArchive } from '../clients/images.ts'
import { type Folder, run, startDaemon, temporaryFolder } from '../clients/process.ts'
import { makeSamples } from '../clients/samples.ts'
import { describeClient } from '../clients/tools.ts'
import { marked, ROOT, read, readme } from './markdown.ts'
import { runTranscript } from './transcript.ts'

const ADDRESS = '127.0.0.1:5000'

let folder: Folder
let server: Serving
let host: string

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await start(['--memory', '--log', 'off'])
  host = new URL(server.url).host
})

afterAll(async () => {
  await server?.stop('SIGKILL')
  await folder?.remove()
})

/** A folder of its own for a transcript. */
async function withFolder(body: (folder: Folder) => Promise<void>): Promise<void> {
  const own = await temporaryFolder()
  try {
    await body(own)
  } finally {
    await own.remove()
  }
}

describeClient('push and pull with curl', { commands: ['bash', 'curl', 'openssl'] }, () => {
  test('the block runs', () =>
    withFolder(({ path }) => runTranscript(marked('curl').code, path, { [ADDRESS]: host })))
})

describeClient('push and pull with skopeo', { commands: ['bash', 'skopeo'] }, () => {
  test('the block runs', () =>
    withFolder(async ({ path, at }) => {
      await makeSamples(at('samples'))
      await runTranscript(marked('skopeo').code, path, {
        [ADDRESS]: host,
        'docker://docker.io/library/hello-world': 'oci:samples:image',
      })
    }))
})

const engine = ['docker', 'dockerd', 'containerd', 'runc']
describeClient('push and pull with docker', { commands: ['bash', ...engine], root: true }, () => {
  test('the block runs', { timeout: 90_000 }, () =>
    withFolder(async ({ path, at }) => {
      const socket = `unix://${at('sock')}`
      const network = ['--bridge=none', '--iptables=false', '--ip6tables=false']
      const places = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')]
      const flags = [...network, '--storage-driver=vfs', ...places, '--host', socket]
      const daemon = await startDaemon('dockerd', flags, (output) => output.includes('API listen on'))
      try {
        await writeFile(at('image.tar'), dockerArchive('hello-world:latest'))
        await runTranscript(
          marked('docker').code,
          path,
          { [ADDRESS]: host, 'docker pull hello-world': 'docker load --input image.tar' },
          { DOCKER_HOST: socket, DOCKER_CONFIG: at('config') },
        )
      } finally {
        await daemon.stop()
      }
    }),
  )
})

test('npm start serves a folder', () =>
  withFolder(async ({ at }) => {
    expect(readme).toContain('`npm start` is `ocikit serve --data ./data`')
    expect(JSON.parse(read('package.json')).scripts.start).toMatch(/ serve --data \.\/data$/)
    const args = ['start', '--silent', '--', '--port', '0', '--log', 'off', '--data', at('data')]
    // A group of its own: npm starts a shell, and that starts the server.
    const child = spawn('npm', args, { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'close')
    try {
      const [line] = await once(child.stdout, 'data')
      const url = /^listening (\S+)/.exec(String(line))?.[1]
      expect((await fetch(`${url}/v2/`)).status).toBe(200)
    } finally {
      process.kill(-child.pid!, 'SIGTERM')
      await ended
    }
  }))

const isBuilt = existsSync(`${ROOT}/dist/adapters/cli/bin.js`)
test.skipIf(!isBuilt)('npx finds the command that was built', async () => {
  const { status, stdout } = await run(`${ROOT}/node_modules/.bin/ocikit`, ['version'])
  expect([status, stdout.trim()]).toEqual([0, JSON.parse(read('package.json')).version])
})

test('the scripts that the page names exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...readme.matchAll(/npm run (\w+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
})

test('the page leads to every example', () => {
  const examples = readdirSync(`${ROOT}/examples`, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  expect(examples.length).toBeGreaterThan(5)
  expect(
    examples.filter(({ name }) => !readme.includes(`](examples/${name})`)).map(({ name }) => name),
  ).toEqual([])
})

test('the headings that the page leads to exist', () => {
  const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    text!
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  const links = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!)
  expect(links.length).toBeGreaterThan(5)
  expect(links.filter((anchor) => !headings.includes(anchor))).toEqual([])
})

test('the files that the page names exist', () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path!)
  expect(links.length).toBeGreaterThan(5)
  for (const path of links) expect(() => accessSync(`${ROOT}/${path}`), path).not.toThrow()
})
