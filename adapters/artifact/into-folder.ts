/**
 * A folder that artifacts are pulled into.
 *
 * What comes lies in `.ocikit-pull` in it until it was verified, and is then renamed. That folder is there only while
 * somebody pulls, or when somebody was killed; what is older than a day in it is removed.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArtifactFolder, isInnerPath, type NamedLayer } from '../../src/artifact/index.ts'
import { algorithmOf, RegistryError } from '../../src/oci/index.ts'
import { digestOfFile, isCode, orNone, pour } from './file-bytes.ts'
import { inPlace, makeWay, taken } from './in-place.ts'
import { putFolder } from './put-folder.ts'
import { type UnpackLimits, unpack } from './unpack.ts'

/** How files get into a folder. */
export interface FolderOptions extends UnpackLimits {
  /** Replace files that have other bytes (false: that is an error, before anything is written). */
  readonly overwrite?: boolean
}

/** A folder that is pulled into. Disposing of it removes what was not kept. */
export interface OpenFolder extends ArtifactFolder, AsyncDisposable {}

const SCRATCH = '.ocikit-pull'
/** What a pull calls its files, and folders that it unpacks. */
const OWN = /^[\da-f]{18}(\.d)?$/
const DAY = 24 * 60 * 60 * 1000

/**
 * The folder at a path, which is made if it is not there, as a place to pull to: for `pullArtifact`.
 *
 * Nothing gets out of it: no title that is absolute, has `..` in it or on Windows is a device, and nothing through a link
 * that is in the way. Folders are unpacked beside, with the same care for all that is in them, and only when the archive
 * was verified: no devices, no links that lead out, no rights beyond those to read, write and execute.
 *
 * @example
 * ```ts
 * import { pullArtifact } from 'ocikit/artifact'
 * import { intoFolder } from 'ocikit/artifact/fs'
 * import { createClient } from 'ocikit/client'
 *
 * export async function fetchNotes(): Promise<number> {
 *   await using folder = intoFolder('./notes', { overwrite: true })
 *   const source = { registry: createClient('registry.example.com'), repository: 'notes', reference: 'v1' }
 *   return (await pullArtifact(source, folder)).files.length
 * }
 * ```
 */
export function intoFolder(path: string, { overwrite = false, ...limits }: FolderOptions = {}): OpenFolder {
  const scratch = join(path, SCRATCH)
  let cleaned: Promise<void> | undefined
  const begin = async (): Promise<void> => {
    // Each time: somebody else who pulls here may have removed it meanwhile.
    await mkdir(scratch, { recursive: true })
    cleaned ??= removeOld(scratch)
    await cleaned
  }
  const put = async (layer: NamedLayer, staged: string, signal?: AbortSignal): Promise<void> => {
    const { title, isFolder } = layer
    if (isFolder) return putFolder(path, title, await unpack(staged, layer, limits, signal), overwrite)
    const target = await makeWay(path, title)
    if (!overwrite && (await isTaken(target, layer, signal))) throw taken(title)
    await rename(staged, target)
  }
  return {
    async has(layer, { signal } = {}) {
      const { title, isFolder } = layer
      // So oras calls the folder that it was started in.
      if (isFolder && title === '.') return false
      checkTitle(title)
      const found = await inPlace(path, title)
      if (!found) return false
      if (found.isDirectory() !== isFolder) throw taken(title)
      if (isFolder) return false
      const isSame = !(await isTaken(join(path, title), layer, signal))
      if (!isSame && !overwrite) throw taken(title)
      return isSame
    },
    async stage(layer, body, options) {
      await begin()
      const staged = join(scratch, randomBytes(9).toString('hex'))
      const drop = (): Promise<void> => rm(staged, { force: true })
      const file = await open(staged, 'wx')
      try {
        const size = await pour(body, file, options)
        return { size, drop, keep: () => put(layer, staged, options.signal).finally(drop) }
      } catch (error) {
        await drop()
        throw error
      } finally {
        await file.close()
      }
    },
    async [Symbol.asyncDispose]() {
      if (!cleaned) return
      await rmdir(scratch).catch((error: unknown) => {
        if (!isCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error
      })
    },
  }
}

/** @throws RegistryError `MANIFEST_INVALID`. */
function checkTitle(title: string): void {
  const isOwn = title.split('/')[0]?.toLowerCase() === SCRATCH
  if (!isOwn && isInnerPath(title, { windows: process.platform === 'win32' })) return
  throw new RegistryError(
    'MANIFEST_INVALID',
    `a file is called ${JSON.stringify(title)}: that leads elsewhere`,
  )
}

/** Whether there is something else than what a layer has. */
async function isTaken(
  target: string,
  { descriptor }: NamedLayer,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const found = await orNone(lstat(target))
  if (!found) return false
  if (!found.isFile() || found.size !== descriptor.size) return true
  const call = signal ? { signal } : {}
  return (await digestOfFile(target, algorithmOf(descriptor.digest), call)) !== descriptor.digest
}

/** @throws RegistryError `DENIED` for a link, which somebody may have put there so that others' files are removed. */
async function removeOld(scratch: string): Promise<void> {
  if (!(await lstat(scratch)).isDirectory())
    throw new RegistryError(
      'DENIED',
      `${JSON.stringify(SCRATCH)} is a link, which may lead elsewhere: remove it`,
    )
  for (const name of (await readdir(scratch)).filter((each) => OWN.test(each))) {
    const found = await orNone(lstat(join(scratch, name)))
    if (found && Date.now() - found.mtimeMs > DAY)
      await rm(join(scratch, name), { recursive: true, force: true })
  }
}
