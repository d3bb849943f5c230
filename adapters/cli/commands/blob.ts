import { createWriteStream } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { isDigestReference } from '../../../src/oci/index.ts'
import { helpOf, PLACES, REMOTE } from '../help/parts.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { openLocation } from '../places/location.ts'
import { onePlace } from '../places/one-place.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { output: { type: 'string' }, json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** What `--help` prints. */
export const help: string = helpOf(
  'blob PLACE@DIGEST [--output FILE] [--json]',
  'Prints a blob, or what it is.',
  PLACES,
  `Flags:\n${REMOTE}`,
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
  const content = await registry.getBlob(repository, reference)
  const bytes = Readable.fromWeb(content.stream() as ReadableStream)
  await pipeline(bytes, values.output === undefined ? into(io) : createWriteStream(values.output))
  return 0
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
