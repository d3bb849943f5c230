import { helpOf, JSON_FLAG, REMOTE } from '../help/parts.ts'
import type { KnownFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { openRegistry } from '../places/location.ts'
import { onePlace } from '../places/one-place.ts'
import { printList } from '../places/print-list.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'repos HOST|oci:FOLDER [flags]',
  'Lists the repositories of a registry.',
  `Flags:
${JSON_FLAG}
${REMOTE}`,
  `Examples:
  ocikit repos localhost:5000
  ocikit repos --json oci:backup`,
)

/** `ocikit repos`: the repositories of a registry. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values: flags, text } = onePlace('repos', 'a registry', args, FLAGS)
  await using place = await openRegistry(text, { flags, io })
  if (place.below !== undefined) throw new UsageError('repos takes a registry, as in ghcr.io or oci:folder')
  await printList(place.registry.repositories(), flags.json, io)
  return 0
}
