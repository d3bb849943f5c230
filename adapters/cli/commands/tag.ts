import { isTag } from '../../../src/oci/index.ts'
import { helpOf, PLACES, REMOTE } from '../help/parts.ts'
import { type KnownFlags, parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { openImage } from '../places/location.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

/** The flags that it takes. */
export const flags: KnownFlags = REMOTE_FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'tag PLACE TAG... [flags]',
  'Sets tags to an image.',
  PLACES,
  `Flags:
${REMOTE}`,
  `Examples:
  ocikit tag localhost:5000/team/app:v1 stable latest`,
)

/** `ocikit tag`: more tags for an image. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, REMOTE_FLAGS)
  const [text, ...tags] = positionals
  if (text === undefined || tags.length === 0 || !tags.every(isTag))
    throw new UsageError('tag takes an image and the tags to set', 'see ocikit tag --help')
  await using location = await openImage(text, { flags: values, io, write: true, existing: true })
  const { registry, repository, reference } = location
  const { bytes, descriptor } = await registry.getManifest(repository, reference)
  await registry.pushManifest(repository, bytes, descriptor.mediaType, { digest: descriptor.digest, tags })
  io.stdout.write(`${descriptor.digest}  ${tags.join(' ')}\n`)
  return 0
}
