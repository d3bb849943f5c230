import { helpOf, JSON_FLAG, PLACES, REMOTE } from '../help/parts.ts'
import type { KnownFlags } from '../input/flags.ts'
import type { Io } from '../main.ts'
import { openLocation } from '../places/location.ts'
import { onePlace } from '../places/one-place.ts'
import { printList } from '../places/print-list.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'tags PLACE [flags]',
  'Lists the tags of a repository.',
  PLACES,
  `Flags:
${JSON_FLAG}
${REMOTE}`,
  `Examples:
  ocikit tags localhost:5000/team/app
  ocikit tags --json oci:backup/team/app`,
)

/** `ocikit tags`: the tags of a repository. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values: flags, text } = onePlace('tags', 'a repository', args, FLAGS)
  await using location = await openLocation(text, { flags, io })
  await printList(location.registry.tags(location.repository), flags.json, io)
  return 0
}
