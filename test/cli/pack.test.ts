import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { start } from './run.ts'

const exec = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'ocikit-pack-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A Node that did not come with this project: of version 20 if there is one. */
async function systemNode(): Promise<{ path: string; version: string } | null> {
  const found: { path: string; version: string }[] = []
  for (const place of (process.env['PATH'] ?? '').split(delimiter)) {
    if (place.includes('node_modules')) continue
    const path = join(place, 'node')
    const version = await exec(path, ['--version']).then(
      ({ stdout }) => stdout.trim(),
      () => null,
    )
    if (version && Number(version.slice(1).split('.')[0]) >= 20) found.push({ path, version })
  }
  return found.find(({ version }) => version.startsWith('v20.')) ?? found[0] ?? null
}

const node = await systemNode()
const built = await access(join(ROOT, 'dist/adapters/cli/bin.js')).then(
  () => true,
  () => false,
)
const reason = node === null ? 'there is no node in PATH' : built ? null : 'dist is missing: npm run build'

test('the packed package installs and serves', { timeout: 180_000 }, async ({ skip }) => {
  if (reason !== null || node === null) {
    console.warn(`skipped: ${reason}`)
    skip(reason ?? undefined)
    return
  }
  await exec('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT })
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))!
  await writeFile(join(folder, 'package.json'), '{"name":"consumer","private":true,"type":"module"}')
  const install = [
    'install',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    `./${tarball}`,
  ]
  await exec('npm', install, { cwd: folder })

  await using server = await start(['--memory'], {
    command: [node.path, join(folder, 'node_modules/.bin/ocikit')],
  })
  expect((await fetch(`${server.url}/v2/`)).status, node.version).toBe(200)
  const blob = new TextEncoder().encode('a blob')
  const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`
  const begun = await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: 'POST' })
  const location = new URL(begun.headers.get('location')!, server.url)
  location.searchParams.set('digest', digest)
  expect((await fetch(location, { method: 'PUT', body: blob })).status).toBe(201)
  expect(await (await fetch(`${server.url}/v2/a/blobs/${digest}`)).text()).toBe('a blob')
  expect(await server.stop()).toBe(0)

  const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { exports: object }
  const entries = Object.keys(exports).filter((entry) => !entry.endsWith('.json'))
  const imports = entries.map((entry) => `await import('ocikit${entry.slice(1)}')`).join('\n')
  await exec(node.path, ['--input-type=module', '--eval', imports], { cwd: folder })
})
