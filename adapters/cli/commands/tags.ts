import { helpOf, PLACES, REMOTE } from '../help/parts.ts'
import type { Io } from '../main.ts'
import { openLocation } from '../places/location.ts'
import { onePlace } from '../places/one-place.ts'
import { printList } from '../places/print-list.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** What `--help` prints. */
export const help: string = helpOf(
  'tags PLACE [--json]',
  'Lists the tags of a repository.',
  PLACES,
  `Flags:\n${REMOTE}`,
)

/** `ocikit tags`: the tags of a repository. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values: flags, text } = onePlace('tags', 'a repository', args, FLAGS)
  await using location = await openLocation(text, { flags, io })
  await printList(location.registry.tags(location.repository), flags.json, io)
  return 0
}
