import { ANNOTATION_TITLE, packArtifact } from '../../../src/artifact/index.ts'
import { sizeText } from '../../../src/engine/usage/quota.ts'
import type { Descriptor } from '../../../src/oci/index.ts'
import { type CopyOptions, copy, type Destination } from '../../../src/transfer/index.ts'
import { type ArtifactValues, artifactInput } from '../input/artifact.ts'
import type { Io } from '../main.ts'
import { countOf } from './copying.ts'
import { untilStopped } from './ending.ts'
import { printable } from './printable.ts'
import { type Watched, withProgress } from './progress.ts'

/** Where an artifact goes. */
export interface PushPlace extends Destination, AsyncDisposable {
  /** As it was written. */
  readonly text: string
  /** More tags to set. */
  readonly tags?: CopyOptions['tags']
  /** What the artifact is about. */
  readonly subject?: Descriptor
}

/** The flags of `push` and `attach`, as given. */
export interface PushValues extends ArtifactValues {
  readonly concurrency?: string
  readonly quiet?: boolean
  readonly json?: boolean
}

/**
 * Pushes files to a place, which is opened when all that was typed makes sense. Resolves to the exit code.
 * @throws `UsageError`
 */
export async function pushFiles(
  values: PushValues,
  files: readonly string[],
  io: Io,
  openPlace: (io: Io, signal: AbortSignal) => Promise<PushPlace>,
): Promise<number> {
  const input = await artifactInput(values, files, io)
  const { concurrency } = values
  const how = concurrency === undefined ? {} : { concurrency: countOf('--concurrency', concurrency) }
  const names = new Map<string, string>()
  const show = {
    isQuiet: Boolean(values.quiet || values.json),
    nameOf: (digest: string) => names.get(digest),
  }
  const push = async (shown: Io, watched: Watched, signal: AbortSignal): Promise<number> => {
    await using place = await openPlace(shown, signal)
    await using open = await input.open(signal)
    const { subject, tags = [] } = place
    const packed = await packArtifact(open.files, { ...input.about, ...(subject && { subject }) }, { signal })
    for (const layer of packed.layers) names.set(layer.digest, titleOf(layer))
    // An archive takes one blob at a time: others would wait, with their files open.
    const one = place.text.startsWith('tar:') ? { concurrency: 1 } : {}
    const copied = await copy(packed, place, { ...how, ...one, ...watched, tags, signal })
    const { artifactType, layers } = packed
    const said = { ...copied, artifactType, ...(subject && { subject: subject.digest }), layers }
    const line = [copied.descriptor.digest, ...copied.tags, summary(layers)].join('  ')
    shown.stdout.write(values.json ? `${JSON.stringify(said)}\n` : `${line}\n`)
    return 0
  }
  return untilStopped(io, (signal) =>
    withProgress(io, show, (shown, watched) => push(shown, watched, signal)),
  )
}

/** What a layer is called. */
function titleOf({ annotations, digest }: Descriptor): string {
  return printable(annotations?.[ANNOTATION_TITLE] ?? digest.slice(0, digest.indexOf(':') + 13))
}

/** How many files, and how large. */
export function summary(layers: readonly Descriptor[]): string {
  const bytes = layers.reduce((sum, { size }) => sum + size, 0)
  return `${layers.length} ${layers.length === 1 ? 'file' : 'files'}, ${sizeText(bytes)}`
}
