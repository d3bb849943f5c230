import { isDigestReference } from '../../../src/oci/index.ts'
import { helpOf, PLACES, REMOTE } from '../help/parts.ts'
import type { KnownFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { openLocation } from '../places/location.ts'
import { onePlace } from '../places/one-place.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { all: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'rm PLACE [flags]',
  'Removes a tag; of a digest, and with --all, the manifest with all its tags.',
  PLACES,
  `Flags:
  --all                     the manifest that the tag names, with all its tags
${REMOTE}`,
  `Examples:
  ocikit rm localhost:5000/team/app:old
  ocikit rm --all oci:backup/team/app:v1`,
)

/** `ocikit rm`: a tag; or a manifest, with all its tags. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, text } = onePlace('rm', 'an image', args, FLAGS)
  await using location = await openLocation(text, { flags: values, io, write: true, existing: true })
  const { registry, repository, reference } = location
  // What is deleted is written out.
  if (reference === undefined) throw new UsageError('rm takes a tag or a digest', 'as in host/name:tag')
  if (!values.all && !isDigestReference(reference)) {
    await registry.deleteTag(repository, reference)
  } else {
    const { digest } = await registry.resolveManifest(repository, reference)
    await registry.deleteManifest(repository, digest)
  }
  return 0
}
