import { ARTIFACT, helpOf, PLACES, PLATFORM_FLAG, REMOTE } from '../help/parts.ts'
import { ARTIFACT_FLAGS } from '../input/artifact.ts'
import { type KnownFlags, parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { platformOf } from '../places/copying.ts'
import { openImage } from '../places/location.ts'
import { manifestOf } from '../places/one-manifest.ts'
import { type PushPlace, pushFiles } from '../places/pushing.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { ...ARTIFACT_FLAGS, platform: { type: 'string' }, ...REMOTE_FLAGS } as const

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'attach PLACE --artifact-type TYPE FILE[:MEDIATYPE]... [flags]',
  `Attaches files, or only annotations, to an image: as an artifact without a tag that refers to it, which ocikit tree
shows. Registries that do not list what refers to an image get a tag made of its digest instead.`,
  PLACES,
  `Flags:
${ARTIFACT}
${PLATFORM_FLAG}
${REMOTE}`,
  `Examples:
  ocikit attach localhost:5000/team/app:v1 --artifact-type application/spdx+json sbom.json:application/spdx+json
  ocikit attach oci:build:v1 --artifact-type application/vnd.example.tested --annotation by=ann`,
)

/** `ocikit attach`: an artifact that refers to another one. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [text, ...files] = positionals
  const hasAny = files.length > 0 || values.annotation || values['annotation-file'] !== undefined
  if (text === undefined || !hasAny)
    throw new UsageError('attach takes an image, and files or annotations', 'see ocikit attach --help')
  if (values['artifact-type'] === undefined)
    throw new UsageError('attach needs --artifact-type', 'as in application/spdx+json')
  const platform = values.platform === undefined ? undefined : platformOf(values.platform)
  return pushFiles(values, files, io, async (shown, signal) => {
    const image = await openImage(text, { flags: values, io: shown, write: true, existing: true })
    try {
      const { descriptor: subject } = await manifestOf(image, platform, { signal })
      const { reference: _, ...place } = image
      return { ...place, subject } satisfies PushPlace
    } catch (error) {
      await image[Symbol.asyncDispose]()
      throw error
    }
  })
}
