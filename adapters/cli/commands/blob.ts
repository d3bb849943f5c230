import { createWriteStream } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { isDigestReference } from '../../../src/oci/index.ts'
import { parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { openLocation } from '../places/location.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { output: { type: 'string' }, json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** `ocikit blob`: the bytes of a blob, on the standard output or in a file. */
export async function blob(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [text, ...more] = positionals
  if (text === undefined || more.length > 0)
    throw new UsageError('blob takes a blob', 'see ocikit blob --help')
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
