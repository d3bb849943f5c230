import type { ParseArgsConfig } from 'node:util'
import { basicHeader, type Credentials } from '../../../src/auth/client/index.ts'
import { DOCKER_HUB, RegistryError } from '../../../src/oci/index.ts'
import { dockerCredentials, type KeptLogin, saveCredentials } from '../../node/index.ts'
import { helpOf, REMOTE } from '../help/parts.ts'
import { askAll, secretIn } from '../input/asking.ts'
import { type KnownFlags, parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { oneHost } from '../places/one-host.ts'
import { clientFor, REMOTE_FLAGS, type RemoteFlags } from '../places/remote.ts'

const FLAGS = {
  username: { type: 'string' },
  'password-stdin': { type: 'boolean' },
  ...REMOTE_FLAGS,
} as const satisfies ParseArgsConfig['options']

const HINT =
  'a password is asked for, or read with --password-stdin: as an argument everybody on this machine could see it'

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'login HOST [flags]',
  'Tries a name and a password at a registry, and keeps them for this and all other tools.',
  `Docker Hub is docker.io. They are kept where docker login keeps them: in config.json of $DOCKER_CONFIG or ~/.docker,
or with the credential helper that is configured there; if $REGISTRY_AUTH_FILE is set, in that file, as podman does.
Of a registry that gives refresh tokens one is kept in place of the password.`,
  `Flags:
  --username NAME           who; asked for on a terminal, without it
  --password-stdin          read the password, or a token in its place, from the standard input; without it a
                            terminal is asked. There is no flag for it: others would see it
${REMOTE}`,
  `Examples:
  ocikit login registry.example.com
  echo "$TOKEN" | ocikit login --username ann --password-stdin registry.example.com`,
)

/** `ocikit login`: credentials that were tried, for all tools. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS, { hint: HINT })
  const host = oneHost('login', positionals)
  const given = await credentialsFrom(values, io)
  const { host: name, credentials, wasAsked } = await tried(host, given, values, io)
  const kept = await saveCredentials(name, credentials, { env: io.env })
  io.stdout.write(`logged in to ${name} as ${given.username}: ${whereOf(kept)}\n`)
  if (!wasAsked)
    io.stderr.write(
      `ocikit: ${name} asks for no password at first, so this one may not have been looked at\n`,
    )
  const found = await dockerCredentials({ env: io.env })(name, {})
  const secret = credentials.identityToken ?? credentials.password
  if ((found?.identityToken ?? found?.password) !== secret)
    io.stderr.write(`ocikit: other credentials for ${name} win over these: look into $DOCKER_AUTH_CONFIG\n`)
  return 0
}

type Login = Required<Pick<Credentials, 'username' | 'password'>>

async function credentialsFrom(
  values: { readonly username?: string; readonly 'password-stdin'?: boolean },
  { stdin, ...io }: Io,
): Promise<Login> {
  const isTerminal = stdin?.isTTY === true
  const { username, 'password-stdin': piped = false } = values
  if (username === '' || username?.includes(':'))
    throw new UsageError('--username must be a name without a colon')
  if (piped && username === undefined) throw new UsageError('--password-stdin needs --username')
  if (!stdin || (!piped && !isTerminal))
    throw new UsageError(
      'login needs a password, and there is no terminal to ask at',
      'add --username NAME --password-stdin',
    )
  const [name = '', password] =
    piped && !isTerminal
      ? [username, await secretIn(stdin)]
      : [...(username === undefined ? [] : [username]), ...(await asked(username, stdin, io))]
  if (name === '' || name.includes(':')) throw new UsageError('a name has at least a letter and no colon')
  if (!password) throw new UsageError('the password is empty')
  return { username: name, password }
}

function asked(username: string | undefined, stdin: NonNullable<Io['stdin']>, io: Io): Promise<string[]> {
  const password = { text: 'Password: ', hidden: true }
  return askAll(stdin, io, username === undefined ? [{ text: 'Username: ' }, password] : [password])
}

/** What is to be kept, when the registry has let it in. @throws Error with what the registry has said. */
async function tried(
  host: string,
  login: Login,
  flags: RemoteFlags,
  io: Io,
): Promise<{ host: string; credentials: Credentials; wasAsked: boolean }> {
  const { username, password } = login
  let wasAsked = false
  let identityToken: string | undefined
  const client = await clientFor(host, flags, io, {
    credentials: () => {
      wasAsked = true
      return login
    },
    onRefreshToken: (token) => {
      identityToken = token
    },
  })
  try {
    await client.ping()
    if (!wasAsked) {
      // Whoever asks for nothing may still refuse what is wrong.
      const headers = { authorization: basicHeader(username, password) }
      await (await client.request('/v2/', { headers })).body?.cancel()
    }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    throw new Error(`${host} did not let ${username} in, and nothing was kept: ${error.message}`)
  }
  return {
    host: host === DOCKER_HUB ? host : client.url.host,
    credentials: identityToken === undefined ? login : { username, identityToken },
    wasAsked,
  }
}

function whereOf({ file, helper }: KeptLogin): string {
  return helper === undefined
    ? `kept in ${file}, which only you can read`
    : `kept by docker-credential-${helper}`
}
