/**
 * Layouts in folders, as registries.
 * @module
 */

import { link, mkdir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { route } from '../../src/compose/index.ts'
import {
  createLayout,
  LAYOUT_INDEX,
  LAYOUT_MARKER,
  type Layout,
  type LayoutOptions,
} from '../../src/layout/index.ts'
import { type Digest, parseName, RegistryError } from '../../src/oci/index.ts'
import { defineRegistry, type ListOptions, type Registry } from '../../src/registry.ts'
import { isCode, orNone } from './errors.ts'
import { type FolderFiles, folderFiles } from './folder-files.ts'

/** A registry over files that are open. */
export interface OpenFiles extends AsyncDisposable {
  /** Finishes what is written. */
  close(): Promise<void>
}

/** A layout over files that are open. */
export interface OpenLayout extends Layout, OpenFiles {
  /** The name of its one repository. */
  readonly repository: string
}

/**
 * The layout in a folder, as a registry with one repository. The folder is made by the first push. Any number of
 * processes may use it: pushes change `index.json` one after the other, and what others have changed is read again.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { folderLayout } from 'ocikit/layout/fs'
 * import { copy } from 'ocikit/transfer'
 *
 * const store = createStore({ storage: memory() })
 * await store.pushManifest('app', new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}'), '', { tags: ['v1'] })
 * await using layout = folderLayout('./image', { repository: 'app' })
 * await copy({ registry: store, repository: 'app', reference: 'v1' }, { registry: layout, repository: 'app' })
 * ```
 */
export function folderLayout(path: string, { repository = 'layout' }: LayoutOptions = {}): OpenLayout {
  const files = folderFiles(path)
  const registry = createLayout(files, { repository })
  return { ...registry, repository, close: files.close, [Symbol.asyncDispose]: files.close }
}

/** How many layouts are kept open. */
const KEPT = 500

/** What a layout has of its own, which no repository below it may be called. */
const OWN: readonly string[] = ['blobs', LAYOUT_INDEX, LAYOUT_MARKER]

/** @throws RegistryError `NAME_INVALID`. */
function checkName(name: string): void {
  if (
    !parseName(name)
      .split('/')
      .some((part) => OWN.includes(part))
  )
    return
  throw new RegistryError(
    'NAME_INVALID',
    `no part of a name may be ${OWN.join(' or ')}: layouts have their own of these`,
    { detail: { name } },
  )
}

/**
 * A folder with a layout for each repository: `team/app` is in the folder `team/app`. No part of a name may be what a
 * layout calls its own: `blobs`, `index.json`, `oci-layout`. A mount links the file of a blob into another layout. Listed
 * is what has an `index.json`, also when all that was in it is deleted.
 */
export function folderLayouts(path: string): Registry & OpenFiles {
  const open = new Map<string, { registry: Registry; files: FolderFiles }>()
  const close = async (): Promise<void> => {
    for (const { files } of open.values()) await files.close()
    open.clear()
  }
  const routed = route((name) => {
    checkName(name)
    const known = open.get(name)
    if (known) return known.registry
    const files = folderFiles(join(path, name))
    const made = { files, registry: createLayout(files, { repository: name }) }
    open.set(name, made)
    // The oldest first; whoever still uses one has it.
    if (open.size > KEPT) open.delete(open.keys().next().value!)
    return made.registry
  })
  const registry = defineRegistry({
    ...routed,
    async mountBlob(repo, digest, { from, ...options } = {}) {
      checkName(repo)
      if (from === undefined) return null
      try {
        const blob = await routed.resolveBlob(from, digest, options)
        await linkBlob(join(path, from), join(path, repo), digest)
        return blob
      } catch (error) {
        // Another disk: the bytes have to move.
        if (error instanceof RegistryError || isCode(error, 'EXDEV', 'EPERM', 'EMLINK')) return null
        throw error
      }
    },
    repositories: (options) => repositoriesIn(path, options),
  })
  return { ...registry, close, [Symbol.asyncDispose]: close }
}

async function linkBlob(from: string, to: string, digest: Digest): Promise<void> {
  const file = join('blobs', digest.replace(':', '/'))
  await mkdir(dirname(join(to, file)), { recursive: true })
  await link(join(from, file), join(to, file)).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error
  })
}

async function* repositoriesIn(
  root: string,
  { after = '', limit, signal }: ListOptions = {},
): AsyncGenerator<string, void, void> {
  const names: string[] = []
  const visit = async (name: string): Promise<void> => {
    signal?.throwIfAborted()
    for (const entry of (await orNone(readdir(join(root, name), { withFileTypes: true }))) ?? []) {
      if (entry.name === LAYOUT_INDEX && name !== '') names.push(name)
      const isPart = entry.isDirectory() && entry.name !== 'blobs' && !entry.name.startsWith('.')
      if (isPart) await visit(name === '' ? entry.name : `${name}/${entry.name}`)
    }
  }
  await visit('')
  yield* names
    .filter((name) => name > after)
    .sort()
    .slice(0, limit)
}
