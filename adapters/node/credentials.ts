/**
 * The credentials that `docker login` and `podman login` have left on this machine.
 * @module
 */

import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  type CredentialHelper,
  type CredentialSource,
  type Credentials,
  dockerConfig,
  firstCredentials,
} from '../../src/auth/client/index.ts'

/** Where to look. */
export interface DockerCredentialsOptions {
  /** A file to read instead of all others. */
  readonly file?: string
  /** The environment (`process.env`). Helpers get it, too. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Milliseconds that a helper may take (30,000). */
  readonly timeout?: number
}

/** Longest answer of a helper in bytes. */
const MAX_ANSWER = 64 * 1024
const MAX_QUOTED = 200

/**
 * Finds credentials as docker and podman do, in this order: the JSON in `$DOCKER_AUTH_CONFIG`; `config.json` in
 * `$DOCKER_CONFIG` or `~/.docker`; `$REGISTRY_AUTH_FILE`, or else `containers/auth.json` in `$XDG_RUNTIME_DIR` and in
 * `~/.config`. Files are read at each look-up, and those that are not there skipped; credential helpers are run.
 *
 * @example
 * ```ts
 * import { createClient } from 'ocikit/client'
 * import { dockerCredentials } from 'ocikit/node'
 *
 * const client = createClient('ghcr.io', { credentials: dockerCredentials() })
 * console.log(client.url.host) // ghcr.io
 * ```
 */
export function dockerCredentials(options: DockerCredentialsOptions = {}): CredentialSource {
  const { env = process.env, file, timeout = 30_000 } = options
  const helper = helperWith(env, timeout)
  const inFile =
    (path: string): CredentialSource =>
    async (host, query) => {
      const text = await readFile(path, 'utf8').catch(orNothing)
      return text === null ? null : parse(text, path, helper)(host, query)
    }
  if (file !== undefined) return inFile(file)
  const inline = env['DOCKER_AUTH_CONFIG']
  return firstCredentials(
    ...(inline ? [parse(inline, '$DOCKER_AUTH_CONFIG', helper)] : []),
    ...filesOf(env).map(inFile),
  )
}

function filesOf(env: Readonly<Record<string, string | undefined>>): string[] {
  const home = env['HOME'] || homedir()
  const docker = join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json')
  const own = env['REGISTRY_AUTH_FILE']
  if (own) return [docker, own]
  const runtime = env['XDG_RUNTIME_DIR']
  const podman = [...(runtime ? [runtime] : []), join(home, '.config')]
  return [docker, ...podman.map((folder) => join(folder, 'containers', 'auth.json'))]
}

function parse(text: string, where: string, helper: CredentialHelper): CredentialSource {
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch {
    // The parser's own message would show a part of the file.
    throw new TypeError(`${where} is not JSON`)
  }
  return dockerConfig(config, { helper })
}

function orNothing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}

function helperWith(env: Readonly<Record<string, string | undefined>>, timeout: number): CredentialHelper {
  return async (name, server, signal) => {
    const command = `docker-credential-${name}`
    const { status, output } = await run(command, server, env, timeout, signal)
    if (status === 0) return credentialsIn(output, command)
    // The protocol of helpers has no other sign (docker-credential-helpers, credentials/error.go).
    if (/credentials not found|credentials server url|no credentials/i.test(output)) return null
    const line = output.trim().split('\n', 1)[0]!.slice(0, MAX_QUOTED)
    throw new Error(`${command} failed with status ${status}: ${line}`)
  }
}

function credentialsIn(output: string, command: string): Credentials | null {
  let answer: { readonly Username?: unknown; readonly Secret?: unknown }
  try {
    answer = JSON.parse(output) as typeof answer
  } catch {
    throw new Error(`${command} answers with something that is not JSON`)
  }
  const { Username: username, Secret: secret } = answer
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return null
  return username === '<token>' ? { identityToken: secret } : { username, password: secret }
}

function run(
  command: string,
  input: string,
  env: Readonly<Record<string, string | undefined>>,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, ['get'], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout,
      killSignal: 'SIGKILL',
      ...(signal ? { signal } : {}),
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(0, MAX_ANSWER)
    })
    child.on('error', reject)
    // What it has started itself may hold its output open for ever.
    child.once('exit', (_, killedBy) => {
      if (killedBy) child.stdout.destroy()
    })
    child.on('close', (status) => resolve({ status, output }))
    // A helper that ends without reading has its status tell why.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
