import { sizeText } from '../../../src/engine/index.ts'
import { isTag } from '../../../src/oci/index.ts'
import {
  type Copied,
  type CopyOptions,
  copy as copyImage,
  parsePlatform,
} from '../../../src/transfer/index.ts'
import { parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { untilStopped } from '../places/ending.ts'
import { openImage, openLocation } from '../places/location.ts'
import { progressLines } from '../places/progress.ts'
import { REMOTE_FLAGS, type Switch } from '../places/remote.ts'

interface Text {
  readonly type: 'string'
}

/** How something is copied: flags of `copy` and `sync`. */
export const COPY_FLAGS: Readonly<
  Record<'referrers' | 'recursive' | 'quiet' | 'json', Switch> & Record<'concurrency' | 'parts', Text>
> & { readonly platform: Text & { readonly multiple: true } } & typeof REMOTE_FLAGS = {
  platform: { type: 'string', multiple: true },
  referrers: { type: 'boolean' },
  recursive: { type: 'boolean' },
  concurrency: { type: 'string' },
  parts: { type: 'string' },
  quiet: { type: 'boolean' },
  json: { type: 'boolean' },
  ...REMOTE_FLAGS,
}

const FLAGS = { ...COPY_FLAGS, tag: { type: 'string', multiple: true } } as const

/** `ocikit copy`: an image from one place to another. */
export async function copy(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [from, to, ...more] = positionals
  if (from === undefined || to === undefined || more.length > 0)
    throw new UsageError('copy takes a source and a destination', 'see ocikit copy --help')
  if (values.tag && !values.tag.every(isTag)) throw new UsageError('--tag must be a tag, as in v1.2')
  const how = copyOptions(values, io)
  return untilStopped(io, async (signal) => {
    await using source = await openImage(from, { flags: values, io })
    const place = { flags: values, io, write: true, called: source.repository }
    await using destination = await openLocation(to, place)
    // An archive takes one blob at a time: others would wait, with their connections open.
    const concurrency = to.startsWith('tar:') ? { concurrency: 1 } : {}
    const tags = values.tag ? { tags: values.tag } : {}
    const copied = await copyImage(source, destination, { ...how, ...concurrency, ...tags, signal })
    io.stdout.write(values.json ? `${JSON.stringify(copied)}\n` : `${summary(copied)}\n`)
    return 0
  })
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

/** The flags that `copy` and `sync` share, checked. @throws {@link UsageError} */
export function copyOptions(
  values: {
    readonly platform?: string[]
    readonly referrers?: boolean
    readonly recursive?: boolean
    readonly concurrency?: string
    readonly parts?: string
    readonly quiet?: boolean
    readonly json?: boolean
  },
  io: Io,
): CopyOptions {
  const { platform, concurrency, parts } = values
  const isQuiet = values.quiet || values.json
  return {
    ...(platform && { platforms: platform.map(platformOf) }),
    recursive: values.recursive ?? false,
    referrers: values.referrers ?? false,
    ...(concurrency !== undefined && { concurrency: countOf('--concurrency', concurrency) }),
    ...(parts !== undefined && { parts: countOf('--parts', parts) }),
    ...(!isQuiet && { onProgress: progressLines(io.stderr) }),
  }
}

/** A platform, as it was written. @throws {@link UsageError} */
export function platformOf(text: string): string {
  try {
    parsePlatform(text)
    return text
  } catch (error) {
    throw new UsageError(`--platform: ${(error as Error).message}`)
  }
}

function countOf(flag: string, text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > 100) throw new UsageError(`${flag} must be a number from 1 to 100`)
  return count
}
