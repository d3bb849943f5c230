import { createClient } from '../../../src/client/index.ts'
import { DOCKER_HUB } from '../../../src/oci/index.ts'
import { dockerCredentials, removeCredentials } from '../../node/index.ts'
import { helpOf } from '../help/parts.ts'
import { type KnownFlags, parseFlags } from '../input/flags.ts'
import type { Io } from '../main.ts'
import { oneHost } from '../places/one-host.ts'

/** The flags that it takes. */
export const flags: KnownFlags = {}

/** What `--help` prints. */
export const help: string = helpOf(
  'logout HOST',
  'Forgets the name and the password for a registry, for this and all other tools.',
  `They are removed where docker login keeps them, or, if $REGISTRY_AUTH_FILE is set, from that file. What is kept
elsewhere stays, and is told of.`,
  `Examples:
  ocikit logout registry.example.com`,
)

/** `ocikit logout`: credentials that are kept no more. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { positionals } = parseFlags(args, {})
  const typed = oneHost('logout', positionals)
  // As `login` calls it: without a port that is the usual one.
  const host = typed === DOCKER_HUB ? typed : createClient(typed).url.host
  const kept =
    (await removeCredentials(host, { env: io.env })) ?? (await removeCredentials(typed, { env: io.env }))
  const where = kept && (kept.helper === undefined ? kept.file : `docker-credential-${kept.helper}`)
  io.stdout.write(where === null ? `not logged in to ${host}\n` : `removed ${host} from ${where}\n`)
  const left = await dockerCredentials({ env: io.env })(host, {})
  if (left)
    io.stderr.write(
      `ocikit: there are still credentials for ${host}, of podman login or in $DOCKER_AUTH_CONFIG\n`,
    )
  return 0
}
