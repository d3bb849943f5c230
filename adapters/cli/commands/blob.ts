import { createWriteStream } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import { counted } from '../../../src/body.ts'
import { isDigestReference } from '../../../src/oci/index.ts'
import { helpOf, PLACES, REMOTE } from '../help/parts.ts'
import type { KnownFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { untilStopped } from '../places/ending.ts'
import { openLocation } from '../places/location.ts'
import { onePlace } from '../places/one-place.ts'
import { withProgress } from '../places/progress.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { output: { type: 'string' }, json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'blob PLACE@DIGEST [flags]',
  'Prints a blob, or what it is.',
  PLACES,
  `Flags:
  --output FILE             write it to a file
  --json                    only its digest and size, as JSON
${REMOTE}`,
  `Examples:
  ocikit blob localhost:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
  ocikit blob --output layer.tar.gz oci:backup/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
)

/** `ocikit blob`: the bytes of a blob, on the standard output or in a file. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, text } = onePlace('blob', 'a blob', args, FLAGS)
  await using location = await openLocation(text, { flags: values, io })
  const { registry, repository, reference } = location
  if (reference === undefined || !isDigestReference(reference))
    throw new UsageError('blob takes a digest', 'as in host/name@sha256:...')
  if (values.json) {
    io.stdout.write(`${JSON.stringify(await registry.resolveBlob(repository, reference))}\n`)
    return 0
  }
  const { output } = values
  if (output === undefined) {
    const content = await registry.getBlob(repository, reference)
    await pipeline(Readable.fromWeb(content.stream() as NodeStream), into(io))
    return 0
  }
  return untilStopped(io, (signal) =>
    withProgress(io, { hasLines: false }, async (_, { onProgress }) => {
      const { descriptor, stream } = await registry.getBlob(repository, reference, { signal })
      const about = { kind: 'blob', digest: reference, size: descriptor.size } as const
      onProgress?.({ ...about, state: 'begun', moved: 0 })
      let moved = 0
      const bytes = counted(stream(), (length) => {
        moved += length
        onProgress?.({ ...about, state: 'moved', moved })
      })
      await pipeline(Readable.fromWeb(bytes as NodeStream), createWriteStream(output))
      return 0
    }),
  )
}

/** The process's own output stays open. */
function into({ stdout }: Io): Writable {
  return new Writable({
    write(chunk: Uint8Array, _, done) {
      if (stdout instanceof Writable) {
        stdout.write(chunk, done)
      } else {
        stdout.write(new TextDecoder().decode(chunk))
        done()
      }
    },
  })
}
