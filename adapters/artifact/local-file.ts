/**
 * Files, folders and streams of this machine as layers of artifacts.
 * @module
 */

import { stat } from 'node:fs/promises'
import { basename, isAbsolute, normalize, resolve, sep } from 'node:path'
import { ANNOTATION_TAR_DIGEST, ANNOTATION_UNPACK, type ArtifactFile } from '../../src/artifact/index.ts'
import { readFile } from './file-bytes.ts'
import { packFolder } from './pack-folder.ts'
import { spool } from './spool.ts'

/** How a file appears in an artifact. */
export interface LocalFileOptions {
  /** What it is called by who pulls (its path, if that is relative and leads to below this folder; else its own name). */
  readonly title?: string
  /** Its media type (`application/octet-stream`; of a folder `application/vnd.oci.image.layer.v1.tar+gzip`). */
  readonly mediaType?: string
  /** More annotations of the layer. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Ends the packing of a folder. */
  readonly signal?: AbortSignal
}

/** A file to push. Disposing of it frees what was packed for it. */
export interface LocalFile extends ArtifactFile, AsyncDisposable {}

const FOLDER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip'

/**
 * A file or a folder at a path, to push. A folder is packed at once into a file for temporary use, as oras does: a tar
 * archive with gzip that is unpacked by who pulls it. The same files make the same archive, whatever their times, owners
 * and order, with the same version of zlib.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { pushArtifact } from 'ocikit/artifact'
 * import { localFile } from 'ocikit/artifact/fs'
 *
 * export async function keep(path: string) {
 *   const registry = createStore({ storage: memory() })
 *   await using file = await localFile(path)
 *   return pushArtifact({ registry, repository: 'files', reference: 'v1' }, [file])
 * }
 * ```
 * @throws Error for a path where there is nothing, and for a folder with something that cannot be packed: a link that
 *   leads out of it, a device.
 */
export async function localFile(path: string, options: LocalFileOptions = {}): Promise<LocalFile> {
  const { title = titleOf(path), mediaType, annotations = {}, signal } = options
  const found = await stat(path)
  if (!found.isDirectory()) {
    if (!found.isFile()) throw new Error(`${path} is neither a file nor a folder`)
    return {
      title,
      ...(mediaType === undefined ? {} : { mediaType }),
      annotations,
      open: () => readFile(path),
      async [Symbol.asyncDispose]() {},
    }
  }
  const { tarDigest, ...packed } = await packFolder(path, title, signal)
  const own = { [ANNOTATION_TAR_DIGEST]: tarDigest, [ANNOTATION_UNPACK]: 'true' }
  return { ...packed, title, mediaType: mediaType ?? FOLDER_TYPE, annotations: { ...annotations, ...own } }
}

/**
 * Bytes that come once, as those of the standard input, to push: kept first, in a file for temporary use.
 * @param options Without a title pulls leave it out.
 */
export async function streamedFile(
  bytes: AsyncIterable<Uint8Array>,
  { signal, ...options }: LocalFileOptions = {},
): Promise<LocalFile> {
  return { ...options, ...(await spool(bytes, signal)) }
}

/** Others must be able to use it, wherever they are. */
function titleOf(path: string): string {
  const plain = normalize(path).split(sep).join('/').replace(/\/$/, '')
  return isAbsolute(path) || plain === '.' || plain.split('/').includes('..')
    ? basename(resolve(path))
    : plain
}
