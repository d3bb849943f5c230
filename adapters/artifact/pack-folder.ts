/**
 * A folder as a tar archive with gzip, the same for the same files: in the order of their names, without times and
 * owners, and with the one right of files that matters elsewhere, whether they can be executed.
 * @module
 */

import { readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { createTarPacker, type TarHeader, type TarPackController } from 'modern-tar'
import { createHasher } from '../../src/hash/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { readSpan } from '../files/read-span.ts'
import { isInnerLink } from './inner-link.ts'
import { type Spooled, spool } from './spool.ts'

/** A folder that was packed. */
export interface PackedFolder extends Spooled {
  /** Of the archive before gzip. */
  readonly tarDigest: Digest
}

/**
 * Packs a folder, with all paths below `name`.
 * @throws Error for what cannot be packed: a link that leads out of the folder, and what is neither file, folder nor link.
 */
export async function packFolder(path: string, name: string, signal?: AbortSignal): Promise<PackedFolder> {
  const { readable, controller } = createTarPacker()
  const hasher = createHasher('sha256')
  const packing = pack({ archive: controller, root: name }, path, name).then(() => controller.finalize())
  // Who reads the archive is told.
  packing.catch((error: unknown) => controller.error(error))
  const hashed = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of readable) {
      await hasher.update(chunk)
      yield chunk
    }
  }
  const zipped = pipeline(Readable.from(hashed(), { objectMode: false }), createGzip(), () => {
    // Whoever reads the second is told of failures of both.
  })
  const spooled = await spool(zipped as AsyncIterable<Uint8Array>, signal)
  await packing
  return { ...spooled, tarDigest: await hasher.digest() }
}

interface Packing {
  readonly archive: TarPackController
  /** The name of the folder. */
  readonly root: string
}

async function pack(packing: Packing, path: string, name: string): Promise<void> {
  await add(packing, { name: `${name}/`, type: 'directory', size: 0, mode: 0o755 })
  const entries = await readdir(path, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const [from, to] = [join(path, entry.name), `${name}/${entry.name}`]
    if (entry.isDirectory()) await pack(packing, from, to)
    else if (entry.isSymbolicLink()) await addLink(packing, from, to)
    else if (entry.isFile()) await addFile(packing, from, to)
    else throw new Error(`${from} is neither a file nor a folder: it cannot be packed`)
  }
}

async function addLink(packing: Packing, from: string, to: string): Promise<void> {
  const target = await readlink(from)
  if (!isInnerLink(packing.root, to, target))
    throw new Error(`the link ${from} leads out of its folder, to ${target}: put what it names in its place`)
  await add(packing, { name: to, type: 'symlink', size: 0, mode: 0o777, linkname: target })
}

async function addFile(packing: Packing, from: string, to: string): Promise<void> {
  const { size, mode } = await stat(from)
  const header: TarHeader = { name: to, type: 'file', size, mode: mode & 0o100 ? 0o755 : 0o644 }
  // Of one that grows meanwhile, as logs do, what it had; one that shrinks is an error.
  await add(packing, header, readSpan(from, { offset: 0, length: size }))
}

async function add(
  { archive }: Packing,
  header: TarHeader,
  body?: ReadableStream<Uint8Array>,
): Promise<void> {
  const entry = archive.add({ ...header, mtime: new Date(0), uid: 0, gid: 0 })
  if (body) await body.pipeTo(entry)
  else await entry.close()
}
