/**
 * The credentials that `docker login` and `podman login` have left on this machine.
 * @module
 */

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
import { askHelper, type Environment } from './credential-helper.ts'

/** Where to look. */
export interface DockerCredentialsOptions {
  /** A file to read instead of all others. */
  readonly file?: string
  /** The environment (`process.env`). Helpers get it, too. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Milliseconds that a helper may take (30,000). */
  readonly timeout?: number
}

/**
 * Finds credentials as docker and podman do, in this order: the JSON in `$DOCKER_AUTH_CONFIG`; the file
 * `$REGISTRY_AUTH_FILE`; `config.json` in `$DOCKER_CONFIG` or `~/.docker`; and, if the second is not set,
 * `containers/auth.json` in `$XDG_RUNTIME_DIR` and in `~/.config`. Files are read at each look-up, and those that are not
 * there skipped; credential helpers are run.
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

function filesOf(env: Environment): string[] {
  const docker = dockerFile(env)
  const own = env['REGISTRY_AUTH_FILE']
  if (own) return [own, docker]
  const runtime = env['XDG_RUNTIME_DIR']
  const podman = [...(runtime ? [runtime] : []), join(homeOf(env), '.config')]
  return [docker, ...podman.map((folder) => join(folder, 'containers', 'auth.json'))]
}

/** Where `docker login` keeps what it is told. */
export function dockerFile(env: Environment): string {
  return join(env['DOCKER_CONFIG'] || join(homeOf(env), '.docker'), 'config.json')
}

function homeOf(env: Environment): string {
  return env['HOME'] || homedir()
}

function parse(text: string, where: string, helper: CredentialHelper): CredentialSource {
  return dockerConfig(parseConfigText(text, where), { helper })
}

/** The JSON of a configuration. @throws TypeError that shows nothing of it. */
export function parseConfigText(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message would show a part of the file.
    throw new TypeError(`${where} is not JSON`)
  }
}

function orNothing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}

function helperWith(env: Environment, timeout: number): CredentialHelper {
  return async (name, server, signal) => {
    const answer = await askHelper(name, 'get', server, { env, timeout, ...(signal ? { signal } : {}) })
    return answer === null ? null : credentialsIn(answer, name)
  }
}

function credentialsIn(output: string, name: string): Credentials | null {
  let answer: { readonly Username?: unknown; readonly Secret?: unknown } | null
  try {
    answer = JSON.parse(output) as typeof answer
  } catch {
    throw new Error(`docker-credential-${name} answers with something that is not JSON`)
  }
  const { Username: username, Secret: secret } = answer ?? {}
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return null
  return username === '<token>' ? { identityToken: secret } : { username, password: secret }
}
