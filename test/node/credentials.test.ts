import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dockerCredentials } from '../../adapters/node/index.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'

let folder: Folder
let env: Record<string, string>

/** A helper in the way that they are written: it reads a server, and prints JSON or an error. */
const HELPER = `#!/bin/sh
read server
case "$server" in
  helped.test) printf '{"ServerURL":"%s","Username":"ann","Secret":"secret"}' "$server" ;;
  token.test) printf '{"Username":"<token>","Secret":"refresh"}' ;;
  broken.test) echo 'the keychain is locked'; exit 1 ;;
  nonsense.test) echo 'secret but no JSON' ;;
  null.test) echo null ;;
  busy.test) sleep 20 & printf '{"Username":"ann","Secret":"secret"}' ;;
  slow.test) exec sleep 30 ;;
  stuck.test) sleep 20 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
`

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
const json = (path: string, value: unknown) => writeFile(path, JSON.stringify(value))

beforeAll(async () => {
  folder = await temporaryFolder()
  for (const name of ['bin', 'docker', 'run/containers', 'home/.config/containers'])
    await mkdir(folder.at(name), { recursive: true })
  await writeFile(folder.at('bin/docker-credential-test'), HELPER)
  await chmod(folder.at('bin/docker-credential-test'), 0o755)
  env = {
    PATH: `${folder.at('bin')}:${process.env['PATH']}`,
    HOME: folder.at('home'),
    DOCKER_CONFIG: folder.at('docker'),
    XDG_RUNTIME_DIR: folder.at('run'),
  }
  await json(folder.at('docker/config.json'), {
    credsStore: 'test',
    auths: { 'file.test': auth('docker:1') },
    credHelpers: { 'gone.test': 'not-installed' },
  })
  await json(folder.at('run/containers/auth.json'), {
    auths: { 'file.test': auth('podman:2'), 'run.test/team': auth('run:3') },
  })
  await json(folder.at('home/.config/containers/auth.json'), { auths: { 'home.test': auth('home:4') } })
})
afterAll(() => folder.remove())

test('files and helpers, in the order of docker and podman', async () => {
  const find = dockerCredentials({ env })
  expect(await find('helped.test', {})).toEqual({ username: 'ann', password: 'secret' })
  expect(await find('token.test', {})).toEqual({ identityToken: 'refresh' })
  expect(await find('file.test', {})).toEqual({ username: 'docker', password: '1' })
  expect(await find('run.test', { repository: 'team/app' })).toEqual({ username: 'run', password: '3' })
  expect(await find('home.test', {})).toEqual({ username: 'home', password: '4' })
  expect(await find('nobody.test', {})).toBe(null)
})

test('what is in the environment comes first, and names of files count', async () => {
  const inline = { ...env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'file.test': auth('inline:0') } }) }
  expect(await dockerCredentials({ env: inline })('file.test', {})).toEqual({
    username: 'inline',
    password: '0',
  })
  const named = { ...env, REGISTRY_AUTH_FILE: folder.at('home/.config/containers/auth.json') }
  expect(await dockerCredentials({ env: named })('run.test', { repository: 'team/app' })).toBe(null)
  const file = folder.at('run/containers/auth.json')
  expect(await dockerCredentials({ env, file })('file.test', {})).toEqual({
    username: 'podman',
    password: '2',
  })
  expect(await dockerCredentials({ env, file: folder.at('none.json') })('file.test', {})).toBe(null)
})

test('helpers that fail say so, without secrets; those that take too long are ended', async () => {
  const find = dockerCredentials({ env })
  await expect(find('broken.test', {})).rejects.toThrow(
    'docker-credential-test failed with status 1: the keychain is locked',
  )
  await expect(find('nonsense.test', {})).rejects.toThrow(
    /^docker-credential-test answers with something that is not JSON$/,
  )
  await expect(find('gone.test', {})).rejects.toThrow('docker-credential-not-installed')
  const hurried = dockerCredentials({ env, timeout: 200 })
  const late = 'docker-credential-test took longer than 0.2 s'
  await expect(hurried('slow.test', {})).rejects.toThrow(late)
  const began = Date.now()
  await expect(hurried('stuck.test', {})).rejects.toThrow(late)
  expect(Date.now() - began).toBeLessThan(15_000)
  expect(await find('null.test', {})).toBe(null)
})

test('a helper that leaves something running is not waited for', async () => {
  const began = Date.now()
  expect(await dockerCredentials({ env })('busy.test', {})).toEqual({ username: 'ann', password: 'secret' })
  expect(Date.now() - began).toBeLessThan(15_000)
})

test('a file that is no JSON is named, and not shown', async () => {
  const file = folder.at('bad.json')
  await writeFile(file, '{"auths": secret}')
  await expect(dockerCredentials({ env, file })('x.test', {})).rejects.toThrow(`${file} is not JSON`)
  expect(() => dockerCredentials({ env: { ...env, DOCKER_AUTH_CONFIG: 'secret' } })).toThrow(
    '$DOCKER_AUTH_CONFIG is not JSON',
  )
})
