/**
 * The credentials in a configuration of Docker or podman: `config.json` and `auth.json` have one form.
 * @module
 */

import { type CredentialSource, type Credentials, namesOf } from './credentials.ts'

/**
 * Runs a credential helper: `docker-credential-NAME get`, with `server` to read.
 * @returns `null` if the helper does not know the server. Rejects with the code `ENOENT` if there is no such helper.
 */
export type CredentialHelper = (
  name: string,
  server: string,
  signal: AbortSignal | undefined,
) => Promise<Credentials | null>

/** What a configuration is read with. */
export interface DockerConfigOptions {
  /** Runs helpers. Default: a configuration that names one for a host is an error. */
  readonly helper?: CredentialHelper
}

/** Stores know Docker Hub by the URL of its first API. */
export const DOCKER_HUB_SERVER = 'https://index.docker.io/v1/'

interface Config {
  readonly auths: Readonly<Record<string, Entry>>
  /** An empty one: those of the host stand in the file. */
  readonly credHelpers: Readonly<Record<string, string>>
  readonly credsStore?: string
}

type Entry = Readonly<Record<string, unknown>>

/**
 * Finds credentials in a configuration: the helper of the host (`credHelpers`), then the common one
 * (`credsStore`), then `auths`. There, podman also names parts of a host (`quay.io/team`): the longest that the
 * repository begins with is taken.
 *
 * @param config The JSON of the file, parsed.
 * @throws TypeError if it is no such configuration. What it holds is never in an error.
 */
export function dockerConfig(config: unknown, { helper }: DockerConfigOptions = {}): CredentialSource {
  const { auths, credHelpers, credsStore } = parseConfig(config)
  const ask = async (name: string, servers: readonly string[], signal?: AbortSignal) => {
    if (!helper)
      throw new TypeError(`the configuration names the credential helper ${name}, and none can be run here`)
    for (const server of servers) {
      const found = await helper(name, server, signal)
      if (found) return found
    }
    return null
  }
  return async (host, { repository, signal }) => {
    const names = namesOf(host)
    const servers = serversOf(names)
    const own = servers.find((name) => Object.hasOwn(credHelpers, name))
    if (own !== undefined)
      return credHelpers[own] ? ask(credHelpers[own], servers, signal) : inFile(auths, names, repository)
    const stored = credsStore === undefined ? null : await ask(credsStore, servers, signal).catch(ifAbsent)
    return stored ?? inFile(auths, names, repository)
  }
}

/** A configuration may have come from a machine that has the common helper. One that is named for a host is needed. */
function ifAbsent(error: unknown): null {
  if ((error as { code?: unknown } | null)?.code === 'ENOENT') return null
  throw error
}

/** What helpers are asked for, in this order. */
export function serversOf(names: readonly string[]): readonly string[] {
  return names.length > 1 ? [DOCKER_HUB_SERVER, ...names] : names
}

function inFile(
  auths: Readonly<Record<string, Entry>>,
  names: readonly string[],
  repository = '',
): Credentials | null {
  const parts = repository.split('/')
  for (let count = repository === '' ? 0 : parts.length; count >= 0; count--) {
    const below = count === 0 ? '' : `/${parts.slice(0, count).join('/')}`
    for (const name of names) {
      const entry = entryOf(auths, name + below)
      if (entry) return credentialsOf(entry)
    }
  }
  return null
}

/** A key as it is, else one that is a URL of that host. */
function entryOf(auths: Readonly<Record<string, Entry>>, name: string): Entry | undefined {
  if (Object.hasOwn(auths, name)) return auths[name]
  const key = Object.keys(auths).find((each) => hostOfKey(each) === name)
  return key === undefined ? undefined : auths[key]
}

/** The host in a key that is a URL. */
export function hostOfKey(key: string): string | null {
  const match = /^https?:\/\/([^/]+)/.exec(key)
  return match ? match[1]! : null
}

function credentialsOf(entry: Entry): Credentials | null {
  const text = (field: string): string | undefined => {
    const value = entry[field]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const pair = pairOf(text('auth'))
  const username = text('username') ?? pair?.username
  const password = text('password') ?? pair?.password
  const identityToken = text('identitytoken')
  const registryToken = text('registrytoken')
  const found: Credentials = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(identityToken === undefined ? {} : { identityToken }),
    ...(registryToken === undefined ? {} : { registryToken }),
  }
  return Object.keys(found).length === 0 ? null : found
}

/** `auth` is base64 of `name:password`; some programs have padded it with zero bytes. */
function pairOf(auth: string | undefined): { username: string; password: string } | null {
  if (auth === undefined) return null
  let text: string
  try {
    text = new TextDecoder().decode(Uint8Array.from(atob(auth), (character) => character.charCodeAt(0)))
  } catch {
    throw new TypeError('the configuration has an auth that is not base64')
  }
  const colon = text.indexOf(':')
  if (colon <= 0) return null
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') }
}

/** Checks the form. @throws TypeError that shows nothing of what it holds. */
export function parseConfig(config: unknown): Config {
  const { auths, credHelpers, credsStore } = object(config, 'the configuration')
  const helpers = object(credHelpers ?? {}, 'credHelpers')
  const entries = Object.entries(object(auths ?? {}, 'auths'))
  return {
    auths: Object.fromEntries(entries.map(([key, value]) => [key, object(value, 'an entry of auths')])),
    credHelpers: Object.fromEntries(
      Object.entries(helpers).map(([host, name]) => [host, name === '' ? '' : helperName(name)]),
    ),
    ...(credsStore == null || credsStore === '' ? {} : { credsStore: helperName(credsStore) }),
  }
}

/** A name becomes a part of that of a command. */
function helperName(name: unknown): string {
  if (typeof name === 'string' && /^[\w.-]+$/.test(name)) return name
  throw new TypeError('the configuration names a credential helper that is not a name')
}

function object(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>
  throw new TypeError(`${what} is not an object`)
}
