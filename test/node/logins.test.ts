import { utimesSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { changeFile } from '../../adapters/node/change-file.ts'
import {
  dockerCredentials,
  type LoginOptions,
  removeCredentials,
  saveCredentials,
} from '../../adapters/node/index.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'

let folder: Folder
let env: Record<string, string>

/** A helper that keeps each secret in a file, and fails for one server. */
const HELPER = `#!/bin/sh
cd "$KEYCHAIN" || exit 1
case "$1" in
  store)
    input=$(cat)
    case "$input" in
      *locked.test*) echo "cannot keep $input"; exit 1 ;;
      *full.test*) echo 'the keychain is full'; exit 1 ;;
    esac
    server=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')
    printf %s "$input" > "$(printf %s "$server" | tr / _)" ;;
  get|erase)
    read server
    file=$(printf %s "$server" | tr / _)
    [ -f "$file" ] || { echo 'credentials not found in native keychain'; exit 1; }
    if [ "$1" = get ]; then cat "$file"; else rm "$file"; fi ;;
esac
`

beforeEach(async () => {
  folder = await temporaryFolder()
  for (const name of ['bin', 'keychain']) await mkdir(folder.at(name))
  await writeFile(folder.at('bin/docker-credential-test'), HELPER)
  await chmod(folder.at('bin/docker-credential-test'), 0o755)
  env = {
    PATH: `${folder.at('bin')}:${process.env['PATH']}`,
    DOCKER_CONFIG: folder.at('docker'),
    KEYCHAIN: folder.at('keychain'),
  }
})
afterEach(() => folder.remove())

const ann = { username: 'ann', password: 'sécret:1' }
const file = () => folder.at('docker/config.json')
const save = (host: string, options?: LoginOptions) => saveCredentials(host, ann, { env, ...options })
const read = async (path = file()) => JSON.parse(await readFile(path, 'utf8')) as Record<string, object>
const find = (host: string, more: Record<string, string> = {}) =>
  dockerCredentials({ env: { ...env, ...more } })(host, {})

async function configure(config: unknown): Promise<void> {
  await mkdir(folder.at('docker'), { recursive: true })
  await writeFile(file(), JSON.stringify(config), { mode: 0o644 })
}

test('what is kept is found again, and only its owner may read it', async () => {
  expect(await save('a.test:5000')).toEqual({ file: file() })
  expect(await find('a.test:5000')).toEqual(ann)
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  expect((await stat(folder.at('docker'))).mode & 0o777).toBe(0o700)
  await saveCredentials('b.test', { username: 'bob', identityToken: 'refresh' }, { env })
  expect(await read()).toMatchObject({
    auths: { 'b.test': { auth: Buffer.from('bob:').toString('base64'), identitytoken: 'refresh' } },
  })
  expect(await find('b.test')).toMatchObject({ username: 'bob', identityToken: 'refresh' })
})

test('all else in the file stays, other spellings of the host go, and a file that others may read is closed', async () => {
  const old = { auth: Buffer.from('old:old').toString('base64') }
  await configure({
    psFormat: 'table',
    auths: { 'a.test': old, 'https://a.test/v1/': old, 'a.test/team': old, 'b.test': old },
    plugins: { x: { y: '1' } },
  })
  await save('a.test')
  expect(await read()).toEqual({
    psFormat: 'table',
    auths: {
      'a.test/team': old,
      'b.test': old,
      'a.test': { auth: Buffer.from('ann:sécret:1').toString('base64') },
    },
    plugins: { x: { y: '1' } },
  })
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  expect(await removeCredentials('a.test', { env })).toEqual({ file: file() })
  expect(Object.keys((await read())['auths']!)).toEqual(['a.test/team', 'b.test'])
  expect(await removeCredentials('a.test', { env })).toBe(null)
  expect(await removeCredentials('a.test', { env: { DOCKER_CONFIG: folder.at('none') } })).toBe(null)
})

test('Docker Hub has the key that docker knows, and in the file of podman that of podman', async () => {
  await save('docker.io')
  expect(Object.keys((await read())['auths']!)).toEqual(['https://index.docker.io/v1/'])
  expect(await find('docker.io')).toEqual(ann)
  expect(await removeCredentials('docker.io', { env })).toEqual({ file: file() })
  const own = { REGISTRY_AUTH_FILE: folder.at('auth.json') }
  await saveCredentials('docker.io', ann, { env: { ...env, ...own } })
  expect(Object.keys((await read(folder.at('auth.json')))['auths']!)).toEqual(['docker.io'])
  expect([await find('docker.io', own), await find('docker.io')]).toEqual([ann, null])
})

test('the file that a variable names wins over that of docker', async () => {
  await saveCredentials('a.test', { username: 'old', password: 'old' }, { env })
  const own = { REGISTRY_AUTH_FILE: folder.at('auth.json') }
  await saveCredentials('a.test', ann, { env: { ...env, ...own } })
  expect(await find('a.test', own)).toEqual(ann)
})

test.each([
  ['the store of all', { credsStore: 'test' }],
  ['the helper of the host', { credsStore: 'gone', credHelpers: { 'a.test': 'test' } }],
])('%s keeps what it is given, and the file only the name', async (_, config) => {
  await configure({
    ...config,
    auths: { 'a.test': { auth: Buffer.from('old:secret').toString('base64') } },
  })
  expect(await save('a.test')).toEqual({ file: file(), helper: 'test' })
  expect(await read()).toEqual({ ...config, auths: { 'a.test': {} } })
  expect(await find('a.test')).toEqual(ann)
  await saveCredentials('a.test', { username: 'ann', identityToken: 'refresh' }, { env })
  expect(await find('a.test')).toEqual({ identityToken: 'refresh' })
  expect(await removeCredentials('a.test', { env })).toEqual({ file: file(), helper: 'test' })
  expect(await find('a.test')).toBe(null)
})

test('the helper of Docker Hub is asked by the key of docker', async () => {
  await configure({ credHelpers: { 'https://index.docker.io/v1/': 'test' } })
  expect(await save('docker.io')).toMatchObject({ helper: 'test' })
  expect(await find('docker.io')).toEqual(ann)
})

test('a helper that is not there or fails is told of, without the secret, and the file stays', async () => {
  await configure({ credHelpers: { 'a.test': 'gone', 'locked.test': 'test', 'full.test': 'test' } })
  const before = await readFile(file(), 'utf8')
  await expect(save('a.test')).rejects.toThrow(
    `${file()} leaves credentials to docker-credential-gone, which is not installed`,
  )
  await expect(save('full.test')).rejects.toThrow(/failed with status 1: the keychain is full$/)
  // As it is, as it looks in JSON, and where what is quoted ends within it.
  for (const password of ['sécret:1', 'a"long"secret', 'long'.repeat(100)])
    await expect(saveCredentials('locked.test', { username: 'ann', password }, { env })).rejects.toThrow(
      /^docker-credential-test failed with status 1$/,
    )
  expect(await readFile(file(), 'utf8')).toBe(before)
})

test('a file that is none of this stays as it is', async () => {
  for (const text of ['{"auths": secret}', '[]', '{"auths": []}']) {
    await configure({})
    await writeFile(file(), text)
    const error = await save('a.test').catch((thrown: Error) => thrown.message)
    expect(error).toMatch(/is not JSON|is not an object/)
    expect(error).not.toContain('secret')
    expect(await readFile(file(), 'utf8')).toBe(text)
  }
})

test('many at once lose nothing, also where one was killed in the middle', async () => {
  await configure({})
  await writeFile(`${file()}.lock`, '')
  await utimes(`${file()}.lock`, 0, 0)
  const hosts = Array.from({ length: 10 }, (_, i) => `host-${i}.test`)
  await Promise.all(hosts.map((host) => save(host)))
  expect(Object.keys((await read())['auths']!).sort()).toEqual([...hosts].sort())
  expect(await readdir(folder.at('docker'))).toEqual(['config.json'])
})

test('a host without a helper of its own stands in the file', async () => {
  await configure({ credsStore: 'gone', credHelpers: { 'a.test': '' } })
  expect(await save('a.test')).toEqual({ file: file() })
  expect(await find('a.test')).toEqual(ann)
  expect(await removeCredentials('a.test', { env })).toEqual({ file: file() })
})

test.each([
  ['a file elsewhere', '{}'],
  ['where no file is yet', null],
])('a link to %s stays one', async (_, text) => {
  const elsewhere = folder.at('elsewhere.json')
  if (text !== null) await writeFile(elsewhere, text)
  await mkdir(folder.at('linked'))
  await symlink('../elsewhere.json', folder.at('linked/config.json'))
  await saveCredentials('a.test', ann, { env: { ...env, DOCKER_CONFIG: folder.at('linked') } })
  expect(await read(elsewhere)).toHaveProperty('auths')
  expect((await stat(elsewhere)).mode & 0o777).toBe(0o600)
})

test('whoever was thought dead while changing the file does it again, and nobody loses anything', async () => {
  await configure({})
  const lock = `${file()}.lock`
  let runs = 0
  await changeFile(file(), (text) => {
    if (++runs === 1) {
      writeFileSync(lock, 'of another')
      utimesSync(lock, 0, 0)
      writeFileSync(file(), '{"auths": {"b.test": {}}}')
    }
    return text!.replace('}}', '}, "a.test": {}}')
  })
  expect([runs, await read()]).toEqual([2, { auths: { 'b.test': {}, 'a.test': {} } }])
  expect(await readdir(folder.at('docker'))).toEqual(['config.json'])
})

test('what others have put beside the file is not written to', async () => {
  await configure({})
  await writeFile(folder.at('theirs'), 'theirs')
  await symlink(folder.at('theirs'), `${file()}.new`)
  await save('a.test')
  expect(await readFile(folder.at('theirs'), 'utf8')).toBe('theirs')
  expect((await stat(file())).isFile()).toBe(true)
})
