import { sizeText } from '../../../src/engine/usage/quota.ts'
import { isTag } from '../../../src/oci/index.ts'
import { type Copied, copy as copyImage } from '../../../src/transfer/index.ts'
import { COPYING, helpOf, PLACES, REMOTE } from '../help/parts.ts'
import { type KnownFlags, parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { COPY_FLAGS, copyOptions } from '../places/copying.ts'
import { untilStopped } from '../places/ending.ts'
import { openImage, openLocation } from '../places/location.ts'
import { withProgress } from '../places/progress.ts'

const FLAGS = { ...COPY_FLAGS, tag: { type: 'string', multiple: true } } as const

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'copy SOURCE DESTINATION [flags]',
  'Copies an image, an index with all its images or any other artifact. What is there is not sent again.',
  PLACES,
  `Flags:
  --tag TAG                 set this tag, too; repeatable
${COPYING}
${REMOTE}`,
  `Examples:
  ocikit copy docker.io/library/alpine:3 localhost:5000/alpine:3
  ocikit copy --platform linux/arm64 ghcr.io/team/app:v1 tar:app.tar:v1
  ocikit copy oci:build:v1 registry.example.com/team/app:v1`,
)

/** `ocikit copy`: an image from one place to another. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [from, to, ...more] = positionals
  if (from === undefined || to === undefined || more.length > 0)
    throw new UsageError('copy takes a source and a destination', 'see ocikit copy --help')
  if (values.tag && !values.tag.every(isTag)) throw new UsageError('--tag must be a tag, as in v1.2')
  const how = copyOptions(values)
  const isQuiet = Boolean(values.quiet || values.json)
  return untilStopped(io, (signal) =>
    withProgress(io, { isQuiet }, async (shown, watched) => {
      await using source = await openImage(from, { flags: values, io: shown })
      const place = { flags: values, io: shown, write: true, called: source.repository }
      await using destination = await openLocation(to, place)
      // An archive takes one blob at a time: others would wait, with their connections open.
      const concurrency = to.startsWith('tar:') ? { concurrency: 1 } : {}
      const tags = values.tag ? { tags: values.tag } : {}
      const options = { ...how, ...concurrency, ...tags, ...watched, signal }
      const copied = await copyImage(source, destination, options)
      shown.stdout.write(values.json ? `${JSON.stringify(copied)}\n` : `${summary(copied)}\n`)
      return 0
    }),
  )
}

/** What a copy has done, in a line. */
function summary({ descriptor, tags, ...counts }: Copied): string {
  const done = [
    `${counts.manifests} manifests`,
    `${counts.blobs} blobs, ${sizeText(counts.bytes)}`,
    ...(counts.mounted > 0 ? [`${counts.mounted} mounted`] : []),
    ...(counts.there > 0 ? [`${counts.there} were there`] : []),
  ]
  return `${descriptor.digest}  ${tags.join(' ')}  ${done.join(', ')}`.replace('    ', '  ')
}
