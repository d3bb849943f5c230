/**
 * Keeps credentials where `docker login` and `podman login` keep them, so that all of them are logged in at once.
 * @module
 */

import { readFile } from 'node:fs/promises'
import {
  type ConfigOwner,
  type Credentials,
  helperFor,
  serverOf,
  withLogin,
  withoutLogin,
} from '../../src/auth/client/index.ts'
import { changeFile } from './change-file.ts'
import { askHelper } from './credential-helper.ts'
import { dockerFile, parseConfigText } from './credentials.ts'

/** Where credentials are kept. */
export interface LoginOptions {
  /** The environment (`process.env`). Helpers get it, too. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Milliseconds that a helper may take (30,000). */
  readonly timeout?: number
}

/** Where credentials are now. */
export interface KeptLogin {
  /** The configuration. */
  readonly file: string
  /** The credential helper that keeps them, as the configuration says; absent: they are in the file, in plain text. */
  readonly helper?: string
}

/**
 * Keeps credentials for a host, in place of those that were there: in the file that `$REGISTRY_AUTH_FILE` names, or else
 * in `config.json` of `$DOCKER_CONFIG` or `~/.docker`; if a credential helper is configured there, with that. All else in
 * the file stays, and only its owner may read it. Several programs may do so at once.
 *
 * @param host With its port if it has one; Docker Hub is `docker.io`.
 * @throws Error that says why nothing was kept, without any secret.
 *
 * @example
 * ```ts
 * import { saveCredentials } from 'ocikit/node'
 *
 * export const login = (username: string, password: string) =>
 *   saveCredentials('registry.example.com', { username, password })
 * ```
 */
export async function saveCredentials(
  host: string,
  credentials: Credentials,
  options: LoginOptions = {},
): Promise<KeptLogin> {
  const place = await placeOf(host, options)
  const { file, owner, server, helper } = place
  if (helper !== undefined) await tell(place, 'store', inHelper(server, credentials), options)
  await changeFile(file, (text) => {
    const next = textOf(withLogin(parsed(text, file), host, helper === undefined ? credentials : null, owner))
    return next === text ? null : next
  })
  return { file, ...(helper === undefined ? {} : { helper }) }
}

/**
 * Forgets what {@link saveCredentials}, `docker login` or `podman login` keep for a host in the same place.
 * @returns Where they were; `null` if there were none.
 */
export async function removeCredentials(host: string, options: LoginOptions = {}): Promise<KeptLogin | null> {
  const place = await placeOf(host, options)
  const { file, server, helper } = place
  const was = helper !== undefined && (await tell(place, 'get', server, options)) !== null
  if (was) await tell(place, 'erase', server, options)
  let isRemoved = false
  if (place.exists)
    await changeFile(file, (text) => {
      const config = parsed(text, file)
      const rest = withoutLogin(config, host)
      isRemoved = Object.keys(rest.auths).length < Object.keys(config.auths ?? {}).length
      return isRemoved ? textOf(rest) : null
    })
  if (was) return { file, helper }
  return isRemoved ? { file } : null
}

interface Place {
  readonly file: string
  readonly exists: boolean
  readonly owner: ConfigOwner
  /** What the host is called there. */
  readonly server: string
  readonly helper: string | undefined
}

async function placeOf(host: string, { env = process.env }: LoginOptions): Promise<Place> {
  const own = env['REGISTRY_AUTH_FILE']
  const [file, owner]: [string, ConfigOwner] = own ? [own, 'podman'] : [dockerFile(env), 'docker']
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw error
  })
  const helper = helperFor(parsed(text, file), host)
  return { file, exists: text !== null, owner, server: serverOf(host, owner), helper }
}

interface Config {
  readonly auths?: object
}

/** An empty file is one that somebody has only made. */
function parsed(text: string | null, file: string): Config {
  return text === null || text.trim() === '' ? {} : (parseConfigText(text, file) as Config)
}

/** As docker writes it. */
function textOf(config: object): string {
  return `${JSON.stringify(config, null, '\t')}\n`
}

function inHelper(server: string, { username, password, identityToken }: Credentials): string {
  return JSON.stringify({
    ServerURL: server,
    Username: identityToken === undefined ? username : '<token>',
    Secret: identityToken ?? password,
  })
}

async function tell(
  { file, helper = '' }: Place,
  action: 'get' | 'store' | 'erase',
  input: string,
  { env = process.env, timeout = 30_000 }: LoginOptions,
): Promise<string | null> {
  const options = { env, timeout, ...(action === 'store' ? { secret: secretIn(input) } : {}) }
  try {
    return await askHelper(helper, action, input, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(`${file} leaves credentials to docker-credential-${helper}, which is not installed`)
  }
}

function secretIn(input: string): string {
  return (JSON.parse(input) as { Secret: string }).Secret
}
