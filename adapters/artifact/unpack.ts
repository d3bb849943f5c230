/**
 * A tar archive with gzip unpacked, whoever made it.
 * @module
 */

import { createReadStream } from 'node:fs'
import { link, mkdir, open, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import { ANNOTATION_TAR_DIGEST, isInnerPath, type NamedLayer } from '../../src/artifact/index.ts'
import { createHasher } from '../../src/hash/index.ts'
import { RegistryError } from '../../src/oci/index.ts'
import { isCode, pour } from './file-bytes.ts'
import { isBelow, isInnerLink } from './inner-link.ts'

/** How much is unpacked. */
export interface UnpackLimits {
  /** Most bytes of a folder that is unpacked (a hundred times those of its archive, but at least 1 GiB). */
  readonly maxUnpacked?: number
  /** Most files and folders in it (1,000,000). */
  readonly maxEntries?: number
}

/** A folder that was unpacked beside its place. */
export interface Unpacked {
  /** Where; all names are below this. */
  readonly path: string
  /** Names of folders, each after the one that it is in. */
  readonly folders: readonly string[]
  /** Names of files and links. */
  readonly files: readonly string[]
}

const GIB = 1024 ** 3

interface Unpacking {
  readonly path: string
  readonly title: string
  readonly maxEntries: number
  readonly folders: Set<string>
  readonly files: Set<string>
  /** Links are made last, so that nothing goes through them. */
  readonly links: Map<string, string>
}

/**
 * Unpacks the archive at a path into a new folder beside it.
 * @throws RegistryError `MANIFEST_INVALID` if it is damaged or above the limits, or something in it leads out or is
 *   neither a file, a folder nor a link. Nothing of it is left then.
 */
export async function unpack(
  archive: string,
  { title, descriptor }: NamedLayer,
  { maxUnpacked, maxEntries = 1_000_000 }: UnpackLimits = {},
  signal?: AbortSignal,
): Promise<Unpacked> {
  const path = `${archive}.d`
  const { size } = await stat(archive)
  const unpacking: Unpacking = {
    path,
    title,
    maxEntries,
    folders: new Set(),
    files: new Set(),
    links: new Map(),
  }
  const hasher = createHasher('sha256')
  try {
    await mkdir(path)
    const limit = maxUnpacked ?? Math.max(GIB, 100 * size)
    const passed = async (chunk: Uint8Array, total: number): Promise<void> => {
      signal?.throwIfAborted()
      if (total > limit) throw tooMuch(title, `${limit} bytes`)
      await hasher.update(chunk)
    }
    // Also where nothing is in it.
    await addFolder(unpacking, title)
    for await (const entry of entriesOf(archive, passed)) await take(unpacking, entry, signal)
    await makeLinks(unpacking)
    const expected = descriptor.annotations?.[ANNOTATION_TAR_DIGEST]
    if (expected?.startsWith('sha256:') && expected !== (await hasher.digest()))
      throw broken(title, 'it is another archive than its annotation says')
    const { folders, files, links } = unpacking
    return { path, folders: [...folders], files: [...files, ...links.keys()] }
  } catch (error) {
    await rm(path, { recursive: true, force: true })
    signal?.throwIfAborted()
    if (error instanceof RegistryError || isCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error
    throw broken(
      title,
      isCode(error, 'EEXIST', 'ENOTDIR', 'EISDIR') ? 'a name is in it twice' : String(error),
    )
  }
}

async function* entriesOf(
  archive: string,
  passed: (chunk: Uint8Array, total: number) => Promise<void>,
): AsyncGenerator<ParsedTarEntry, void, void> {
  const bytes = pipeline(createReadStream(archive), createGunzip(), () => {
    // Whoever reads the second is told of failures of both.
  })
  const counted = async function* (): AsyncGenerator<Uint8Array, void, void> {
    let size = 0
    for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
      size += chunk.length
      await passed(chunk, size)
      yield chunk
    }
  }
  const web = Readable.toWeb(Readable.from(counted(), { objectMode: false })) as ReadableStream<Uint8Array>
  yield* web.pipeThrough(createTarDecoder({ strict: true }))
}

async function take(
  unpacking: Unpacking,
  { header, body }: ParsedTarEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { path, title, files, links } = unpacking
  const name = plain(header.name)
  checkName(title, name)
  const at = join(path, name)
  const parent = dirname(name)
  const target = header.type === 'link' ? plain(header.linkname ?? '') : (header.linkname ?? '')
  if (name === title && header.type !== 'directory') throw broken(title, 'it is no folder')
  if (header.type === 'directory') await addFolder(unpacking, name)
  else await addFolder(unpacking, parent)
  if (header.type !== 'directory') checkCount(unpacking)
  if (files.has(name) || links.has(name)) throw broken(title, `${JSON.stringify(name)} is in it twice`)
  switch (header.type) {
    case 'directory':
      break
    case 'file': {
      const file = await open(at, 'wx', (header.mode ?? 0) & 0o100 ? 0o777 : 0o666)
      await pour(body, file, signal ? { signal } : {}).finally(() => file.close())
      files.add(name)
      return
    }
    case 'link':
      if (!files.has(target)) throw broken(title, `the link ${JSON.stringify(name)} leads to no file in it`)
      await link(join(path, target), at)
      files.add(name)
      break
    case 'symlink':
      if (!isInnerLink(title, name, target))
        throw broken(title, `the link ${JSON.stringify(name)} leads out of it, to ${JSON.stringify(target)}`)
      links.set(name, target)
      break
    default:
      throw broken(title, `${JSON.stringify(name)} is neither a file, a folder nor a link`)
  }
  await body.cancel()
}

/** A name as tar writes it: `./a/` is `a`. */
function plain(name: string): string {
  return name.replace(/^(\.\/)+/, '').replace(/\/+$/, '') || '.'
}

function checkName(title: string, name: string): void {
  const isInner = isInnerPath(name, { windows: process.platform === 'win32' })
  if ((isInner || name === title) && isBelow(title, name)) return
  throw broken(title, `${JSON.stringify(name)} is not below it`)
}

/** Makes a folder, and those that it is in, of which an archive need not tell. */
async function addFolder(unpacking: Unpacking, name: string): Promise<void> {
  const { path, folders } = unpacking
  if (folders.has(name) || name === '.') return
  await addFolder(unpacking, dirname(name))
  checkCount(unpacking)
  await mkdir(join(path, name))
  folders.add(name)
}

/** @throws RegistryError if there may not be one more. */
function checkCount({ title, maxEntries, folders, files, links }: Unpacking): void {
  if (folders.size + files.size + links.size >= maxEntries)
    throw tooMuch(title, `${maxEntries} files and folders`)
}

async function makeLinks({ path, links }: Unpacking): Promise<void> {
  for (const [name, target] of links) await symlink(target, join(path, name))
}

function broken(title: string, reason: string): RegistryError {
  return new RegistryError(
    'MANIFEST_INVALID',
    `the folder ${JSON.stringify(title)} is not unpacked: ${reason}`,
  )
}

function tooMuch(title: string, limit: string): RegistryError {
  return new RegistryError(
    'MANIFEST_INVALID',
    `the folder ${JSON.stringify(title)} is not unpacked: it has more than ${limit}`,
  )
}
