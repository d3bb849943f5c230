import { existsSync } from 'node:fs'
import { findLayout } from '../../../src/layout/find.ts'
import type { Layout } from '../../../src/layout/index.ts'
import { type Digest, parseRelativeReference, RegistryError, type Tag } from '../../../src/oci/index.ts'
import type { Registry } from '../../../src/registry.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { isDistribution, openDistribution } from './distribution.ts'
import { clientFor, type RemoteFlags } from './remote.ts'

/** A repository somewhere, and maybe something in it. */
export interface Location extends AsyncDisposable {
  /** As it was written. */
  readonly text: string
  readonly registry: Registry
  readonly repository: string
  readonly reference?: Digest | Tag
}

/** An image. */
export interface ImageLocation extends Location {
  readonly reference: Digest | Tag
}

/** How a location is opened. */
export interface OpenOptions {
  readonly flags: RemoteFlags
  readonly io: Io
  /** Whether something is written there. */
  readonly write?: boolean
  /** Whether a folder or file has to be there already, to be changed. */
  readonly existing?: boolean
  /** What the repository of a layout is called; `docker load` shows it. */
  readonly called?: string
}

const HINT = 'write host/name:tag, oci:folder:tag or tar:file:tag'

/**
 * Opens what the user has written: `host/name:tag`, where a missing host is Docker Hub; `oci:folder:tag` and
 * `tar:file:tag`; `distribution:folder/name:tag`, to read; with `@digest` in place of or behind the tag.
 * @throws {@link UsageError} for what is none of these, and for a file or folder that is not there but should be.
 */
export async function openLocation(text: string, options: OpenOptions): Promise<Location> {
  if (isDistribution(text)) return openKept(text, options)
  const [, kind, rest = ''] = /^(oci|tar):(.*)$/s.exec(text) ?? []
  if (kind === undefined) return openRemote(text, options)
  if (rest === '') throw new UsageError(`${text} names no ${kind === 'tar' ? 'file' : 'folder'}`, HINT)
  const { path, reference } = await findLayout(rest, async (found) => existsSync(found))
  if ((options.write !== true || options.existing) && !existsSync(path))
    throw new UsageError(`there is no ${path}`, HINT)
  const layout = await openLayout(kind, path, options)
  return {
    text,
    registry: layout,
    repository: layout.repository,
    ...(reference === undefined ? {} : { reference }),
    [Symbol.asyncDispose]: () => layout.close(),
  }
}

/** The same, of an image: without a reference `latest`, and of a layout the one that is in it. */
export async function openImage(text: string, options: OpenOptions): Promise<ImageLocation> {
  const location = await openLocation(text, options)
  if (location.reference !== undefined) return { ...location, reference: location.reference }
  const { registry } = location
  return { ...location, reference: 'roots' in registry ? await onlyOne(registry as Layout, text) : 'latest' }
}

/**
 * Opens a whole registry: `host`, and what stands behind its first slash; `oci:folder` with a layout for each repository;
 * or `distribution:folder`, and what stands behind that.
 */
export async function openRegistry(
  text: string,
  { flags, io, write = false }: OpenOptions,
): Promise<{ registry: Registry; below?: string } & AsyncDisposable> {
  if (isDistribution(text)) {
    if (write) throw onlyRead(text)
    return { ...(await openDistribution(text, io.env)), [Symbol.asyncDispose]: async () => {} }
  }
  if (text.startsWith('tar:'))
    throw new UsageError('an archive is no registry of many repositories', 'use oci:folder')
  if (text.startsWith('oci:')) {
    const { folderLayouts } = await layouts()
    const registry = folderLayouts(text.slice(4))
    return { registry, [Symbol.asyncDispose]: registry.close }
  }
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const registry = await clientFor(host, flags, io)
  const below = slash < 0 ? {} : { below: text.slice(slash + 1) }
  return { registry, ...below, [Symbol.asyncDispose]: async () => {} }
}

async function openKept(text: string, { io, write }: OpenOptions): Promise<Location> {
  if (write) throw onlyRead(text)
  const { registry, below } = await openDistribution(text, io.env)
  if (below === undefined) throw new UsageError(`${text} names no repository`, `write ${text}/name:tag`)
  const { repository, tag, digest } = referenceIn(`localhost/${below}`, text)
  const reference = digest ?? tag
  return {
    text,
    registry,
    repository,
    ...(reference === undefined ? {} : { reference }),
    [Symbol.asyncDispose]: async () => {},
  }
}

function onlyRead(text: string): UsageError {
  return new UsageError(`${text} can only be read`, 'serve something else, and sync into that')
}

async function openRemote(text: string, { flags, io }: OpenOptions): Promise<Location> {
  const { host, repository, tag, digest } = referenceIn(text)
  const reference = digest ?? tag
  return {
    text,
    registry: await clientFor(host, flags, io),
    repository,
    ...(reference === undefined ? {} : { reference }),
    [Symbol.asyncDispose]: async () => {},
  }
}

/** @param shown What the user has written. */
function referenceIn(text: string, shown: string = text): ReturnType<typeof parseRelativeReference> {
  try {
    return parseRelativeReference(text)
  } catch (error) {
    if (error instanceof RegistryError)
      throw new UsageError(`${JSON.stringify(withoutLogin(shown))}: ${error.message}`, HINT)
    throw error
  }
}

/** Somebody may have written a password before the host. */
export function withoutLogin(text: string): string {
  return text.replace(/^.*@(?!sha\d+:)/s, '')
}

type Layouts = typeof import('../../layout/index.ts')

/** Read when there is one: whoever copies between registries need not wait for it. */
const layouts = (): Promise<Layouts> => import('../../layout/index.ts')

async function openLayout(
  kind: string,
  path: string,
  { write = false, called = 'layout' }: OpenOptions,
): Promise<Awaited<ReturnType<Layouts['tarLayout']>>> {
  const { folderLayout, tarLayout } = await layouts()
  return kind === 'oci'
    ? folderLayout(path, { repository: called })
    : tarLayout(path, { write, repository: called })
}

async function onlyOne(layout: Layout, text: string): Promise<Digest | Tag> {
  const roots = await layout.roots()
  // Beside the image there may be what refers to it, which has no tag.
  const named = roots.filter(({ tag }) => tag !== undefined)
  const wanted = named.length > 0 ? named : roots
  if (new Set(wanted.map(({ digest }) => digest)).size === 1) return wanted[0]!.tag ?? wanted[0]!.digest
  const names = roots.slice(0, 20).map(({ tag, digest }) => tag ?? digest)
  if (names.length === 0) throw new RegistryError('MANIFEST_UNKNOWN', `there is nothing in ${text}`)
  throw new UsageError(`${text} has several images: add one of ${names.map((name) => `:${name}`).join(', ')}`)
}
