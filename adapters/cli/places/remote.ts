import { type Client, type ClientOptions, createClient } from '../../../src/client/index.ts'
import { dockerCredentials } from '../../node/credentials.ts'
import { nodeFetch, unverifiedFetch } from '../../node/fetch.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { printable } from './printable.ts'

/** How registries are spoken to: flags of all commands that do. */
export const REMOTE_FLAGS: { readonly 'plain-http': Switch; readonly insecure: Switch } = {
  'plain-http': { type: 'boolean' },
  insecure: { type: 'boolean' },
}

/** A flag without a value. */
export interface Switch {
  readonly type: 'boolean'
}

/** The flags as given. */
export interface RemoteFlags {
  readonly 'plain-http'?: boolean
  readonly insecure?: boolean
}

/** How long a registry may take to show whether it speaks TLS, in milliseconds. */
const PROBE = 10_000

/** A client for the registry of a host, with the credentials of `docker login`. @throws {@link UsageError} */
export async function clientFor(
  host: string,
  flags: RemoteFlags,
  io: Io,
  own: Pick<ClientOptions, 'credentials' | 'onRefreshToken'> = {},
): Promise<Client> {
  if (host.includes('@'))
    throw new UsageError('a host holds no credentials: log in first, with ocikit login HOST')
  const options: ClientOptions = {
    credentials: dockerCredentials({ env: io.env }),
    onWarning: (text) =>
      void io.stderr.write(`ocikit: ${host} warns: ${printable(text.replace(/\s+/g, ' '))}\n`),
    ...own,
  }
  if (flags.insecure) {
    const scheme = (await speaksTls(host)) ? 'https' : 'http'
    return clientOf(`${scheme}://${host}`, { ...options, fetch: unverifiedFetch })
  }
  const registry = flags['plain-http'] ? `http://${host}` : host
  // Bun's own fetch is the faster one there.
  return clientOf(registry, 'Bun' in globalThis ? options : { ...options, fetch: nodeFetch })
}

async function speaksTls(host: string): Promise<boolean> {
  try {
    const answer = await unverifiedFetch(`https://${host}/v2/`, { signal: AbortSignal.timeout(PROBE) })
    await answer.body?.cancel()
    return true
  } catch {
    return false
  }
}

function clientOf(registry: string, options: ClientOptions): Client {
  try {
    return createClient(registry, options)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
