/**
 * What distribution keeps in a bucket.
 * @module
 */

import {
  createDistribution,
  type Distribution,
  type DistributionFiles,
} from '../../../src/distribution/index.ts'
import { RegistryError } from '../../../src/oci/index.ts'
import { type Client, createClient } from './client.ts'
import { foldersIn } from './folders.ts'
import { type S3Options, settingsOf } from './options.ts'
import { openObject, sizeOf } from './read.ts'

/**
 * What CNCF distribution keeps in a bucket, as a registry to read: a key that may list and read is enough.
 * @param options As for a storage; `prefix` is its `rootdirectory`, without a slash before it.
 * @throws S3Error `InvalidOptions` for options that cannot be. Everything else shows when it is read.
 */
export function distributionBucket(options: S3Options): Distribution {
  const settings = settingsOf(options)
  return createDistribution(filesIn(createClient(settings), settings.prefix))
}

function filesIn(client: Client, prefix: string): DistributionFiles {
  return {
    size: (path, { signal } = {}) => sizeOf(client, prefix + path, signal),
    open: (path, span, { signal } = {}) =>
      lazily(async () => {
        const found = await openObject(client, prefix + path, span, signal)
        if (found) return found.stream()
        throw new RegistryError('UNAVAILABLE', `${path} was removed while it was read`)
      }),
    async read(path, limit, { signal } = {}) {
      const found = await openObject(client, prefix + path, undefined, signal)
      if (!found) return null
      const stream = found.stream()
      if (found.size <= limit) return new Uint8Array(await new Response(stream).arrayBuffer())
      await stream.cancel()
      throw new RegistryError('SIZE_INVALID', `${path} has more than ${limit} bytes`, { status: 413 })
    },
    folders: (path, { signal } = {}) => foldersIn(client, `${prefix}${path}/`, signal),
  }
}

/** A stream that is opened when it is read. */
function lazily(open: () => Promise<ReadableStream<Uint8Array>>): ReadableStream<Uint8Array> {
  let reader: Promise<ReadableStreamDefaultReader<Uint8Array>> | undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= open().then((stream) => stream.getReader())
        const { value, done } = await (await reader).read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      // It may come while this is being opened.
      cancel: (reason) =>
        reader?.then(
          (found) => found.cancel(reason),
          () => {},
        ),
    },
    { highWaterMark: 0 },
  )
}
