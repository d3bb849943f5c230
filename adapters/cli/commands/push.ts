import { isTag } from '../../../src/oci/index.ts'
import { ARTIFACT, helpOf, PLACES, REMOTE } from '../help/parts.ts'
import { ARTIFACT_FLAGS } from '../input/artifact.ts'
import { type KnownFlags, parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { openLocation } from '../places/location.ts'
import { pushFiles } from '../places/pushing.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { ...ARTIFACT_FLAGS, tag: { type: 'string', multiple: true }, ...REMOTE_FLAGS } as const

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'push PLACE FILE[:MEDIATYPE]... [flags]',
  `Pushes files as an artifact. Folders are packed, and unpacked by who pulls them; - is the standard input. The same
files are the same artifact, with the same digest: no time is noted.`,
  PLACES,
  `Flags:
  --tag TAG                 set this tag, too; repeatable
${ARTIFACT}
${REMOTE}`,
  `Examples:
  ocikit push localhost:5000/notes:v1 README.md:text/markdown docs
  ocikit push --artifact-type application/vnd.example.report --annotation run=42 oci:reports:42 report.json:application/json
  tar c src | ocikit push --title src.tar:application/x-tar localhost:5000/sources:v1 -`,
)

/** `ocikit push`: files as an artifact. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [text, ...files] = positionals
  if (text === undefined || files.length === 0)
    throw new UsageError('push takes a place and files', 'see ocikit push --help')
  const { tag: tags = [] } = values
  if (!tags.every(isTag)) throw new UsageError('--tag must be a tag, as in v1.2')
  return pushFiles(values, files, io, async (shown) => {
    const location = await openLocation(text, { flags: values, io: shown, write: true })
    return { ...location, reference: location.reference ?? 'latest', tags }
  })
}
