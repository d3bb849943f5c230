/**
 * Layouts in tar archives, as registries.
 * @module
 */

import { stat } from 'node:fs/promises'
import {
  createLayout,
  DOCKER_MANIFEST_FILE,
  dockerManifest,
  LAYOUT_INDEX,
  LAYOUT_MARKER,
  LAYOUT_MARKER_CONTENT,
  type LayoutFiles,
  type LayoutOptions,
} from '../../src/layout/index.ts'
import { RegistryError } from '../../src/oci/index.ts'
import { copy } from '../../src/transfer/index.ts'
import { orNone } from './errors.ts'
import type { OpenLayout } from './folder.ts'
import { tarFiles } from './tar-files.ts'
import { type TarWriter, tarWriter } from './tar-writing.ts'

/** How an archive is opened. */
export interface TarOptions extends LayoutOptions {
  /** Whether it may be changed, and made (false). It is written anew beside the old one, and takes its place at the end. */
  readonly write?: boolean
}

/**
 * The layout in a tar archive, as a registry with one repository; also an archive of `docker save`. It is not unpacked:
 * files are read where they are.
 *
 * With `write` the archive is made, or replaced by one that has the same and more, by `close()`, and not before; a program
 * that ends without has changed nothing. Blobs come whole. `docker load` takes it, too.
 *
 * @throws `RegistryError` `NAME_UNKNOWN` if there is no such file, `MANIFEST_INVALID` if it is no such archive.
 */
export async function tarLayout(
  path: string,
  { repository = 'layout', write = false }: TarOptions = {},
): Promise<OpenLayout> {
  const isThere = (await orNone(stat(path))) !== null
  if (!write && !isThere) throw new RegistryError('NAME_UNKNOWN', `there is no file ${path}`)
  const old = isThere ? await tarFiles(path) : null
  const writer = write ? await begun(path, old, repository) : null
  const registry = createLayout(writer?.files ?? old!, { repository })
  let isOpen = true
  const close = async (): Promise<void> => {
    if (!isOpen || !writer) return
    isOpen = false
    if ((await writer.files.size(LAYOUT_INDEX)) === null) return writer.discard()
    await finish(path, writer, repository)
  }
  return { ...registry, repository, close, [Symbol.asyncDispose]: close }
}

/** A new archive with what is in an old one: all that its index leads to, and the index as it is. */
async function begun(path: string, old: LayoutFiles | null, repository: string): Promise<TarWriter> {
  const writer = await tarWriter(path)
  if (!old) return writer
  try {
    const from = createLayout(old, { repository })
    const to = createLayout(writer.files, { repository })
    const roots = new Set((await from.roots()).map(({ digest }) => digest))
    for (const reference of roots)
      await copy({ registry: from, repository, reference }, { registry: to, repository }, { concurrency: 1 })
    await writer.files.writing.replace(LAYOUT_MARKER, new TextEncoder().encode(LAYOUT_MARKER_CONTENT))
    const index = await old.read(LAYOUT_INDEX, Number.POSITIVE_INFINITY)
    if (index) await writer.files.writing.replace(LAYOUT_INDEX, index)
    return writer
  } catch (error) {
    await writer.discard()
    throw error
  }
}

async function finish(path: string, writer: TarWriter, repository: string): Promise<void> {
  const whole = writer.hasHoles() ? await begun(path, writer.files, repository) : writer
  try {
    const registry = createLayout(whole.files, { repository })
    const tags: string[] = []
    for await (const tag of registry.tags(repository)) tags.push(tag)
    const images = await dockerManifest(registry, repository, tags)
    await whole.files.writing.replace(DOCKER_MANIFEST_FILE, images)
    await whole.finish()
  } catch (error) {
    await whole.discard()
    throw error
  } finally {
    if (whole !== writer) await writer.discard()
  }
}
