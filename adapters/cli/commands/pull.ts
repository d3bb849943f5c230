import { pullArtifact } from '../../../src/artifact/index.ts'
import { isIndexType, RegistryError } from '../../../src/oci/index.ts'
import { intoFolder } from '../../artifact/index.ts'
import { helpOf, PLACES, PLATFORM_FLAG, REMOTE } from '../help/parts.ts'
import type { KnownFlags } from '../input/flags.ts'
import { sizeOf, UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { countOf, platformOf } from '../places/copying.ts'
import { untilStopped } from '../places/ending.ts'
import { type ImageLocation, openImage } from '../places/location.ts'
import { manifestOf } from '../places/one-manifest.ts'
import { onePlace } from '../places/one-place.ts'
import { type Watched, withProgress } from '../places/progress.ts'
import { summary } from '../places/pushing.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = {
  output: { type: 'string' },
  force: { type: 'boolean' },
  platform: { type: 'string' },
  concurrency: { type: 'string' },
  parts: { type: 'string' },
  'max-unpacked': { type: 'string' },
  quiet: { type: 'boolean' },
  json: { type: 'boolean' },
  ...REMOTE_FLAGS,
} as const

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'pull PLACE [flags]',
  `Pulls the files of an artifact, and unpacks its folders. Files that are there with the same bytes are left alone;
others are not replaced. Nothing gets out of the folder, whatever files are called and links lead to.`,
  PLACES,
  `Flags:
  --output DIR              the folder to put them in, which is made if it is not there (this one)
  --force                   replace files that have other bytes
${PLATFORM_FLAG}
  --concurrency N           files at once (3)
  --parts N                 requests for each large file, where one is slow (1)
  --max-unpacked SIZE       most bytes of a folder (100 times its archive, and at least 1GiB)
  --quiet                   tell only the result
  --json                    the result as JSON
${REMOTE}`,
  `Examples:
  ocikit pull localhost:5000/notes:v1
  ocikit pull --output restored --force oci:reports:42`,
)

/** `ocikit pull`: the files of an artifact. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, text } = onePlace('pull', 'an artifact', args, FLAGS)
  const platform = values.platform === undefined ? undefined : platformOf(values.platform)
  const maxUnpacked = sizeOf('--max-unpacked', values['max-unpacked'])
  const how = {
    ...(values.concurrency !== undefined && { concurrency: countOf('--concurrency', values.concurrency) }),
    ...(values.parts !== undefined && { parts: countOf('--parts', values.parts) }),
  }
  const into = { overwrite: values.force ?? false, ...(maxUnpacked === undefined ? {} : { maxUnpacked }) }
  const names = new Map<string, string>()
  const pull = async (shown: Io, watched: Watched, signal: AbortSignal): Promise<number> => {
    await using location = await openImage(text, { flags: values, io: shown })
    const source = await oneOf(location, platform, signal)
    await using folder = intoFolder(values.output ?? '.', into)
    const pulled = await pullArtifact(source, folder, {
      ...how,
      ...watched,
      onLayers: (layers) => {
        for (const { descriptor, title } of layers) names.set(descriptor.digest, title)
      },
      signal,
    }).catch(values.force ? undefined : hinted)
    const line = `${pulled.descriptor.digest}  ${summary(pulled.files.map(({ descriptor }) => descriptor))}`
    shown.stdout.write(values.json ? `${JSON.stringify(pulled)}\n` : `${line}\n`)
    return 0
  }
  const show = {
    isQuiet: Boolean(values.quiet || values.json),
    nameOf: (digest: string) => names.get(digest),
  }
  return untilStopped(io, (signal) =>
    withProgress(io, show, (shown, watched) => pull(shown, watched, signal)),
  )
}

/** What is pulled, by its digest. */
async function oneOf(
  location: ImageLocation,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<ImageLocation> {
  const { descriptor } = await manifestOf(location, platform, { signal })
  if (isIndexType(descriptor.mediaType))
    throw new UsageError(`${location.text} is an index of several`, 'choose one with --platform')
  return { ...location, reference: descriptor.digest }
}

function hinted(error: unknown): never {
  if (!(error instanceof RegistryError) || error.code !== 'FILE_EXISTS') throw error
  throw new Error(`${error.message}: --force does`, { cause: error })
}
