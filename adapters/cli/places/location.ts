import { existsSync } from 'node:fs'
import { findLayout, type Layout } from '../../../src/layout/index.ts'
import { type Digest, parseRelativeReference, RegistryError, type Tag } from '../../../src/oci/index.ts'
import type { Registry } from '../../../src/registry.ts'
import { folderLayout, folderLayouts, tarLayout } from '../../layout/index.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
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
  /** What the repository of a layout is called; `docker load` shows it. */
  readonly called?: string
}

const HINT = 'write host/name:tag, oci:folder:tag or tar:file:tag'

/**
 * Opens what the user has written: `host/name:tag`, where a missing host is Docker Hub; `oci:folder:tag` and
 * `tar:file:tag`; with `@digest` in place of or behind the tag.
 * @throws {@link UsageError} for what is none of these, and for a file or folder that is not there but should be.
 */
export async function openLocation(text: string, options: OpenOptions): Promise<Location> {
  const [, kind, rest = ''] = /^(oci|tar):(.*)$/s.exec(text) ?? []
  if (kind === undefined) return openRemote(text, options)
  if (rest === '') throw new UsageError(`${text} names no ${kind === 'tar' ? 'file' : 'folder'}`, HINT)
  const { path, reference } = await findLayout(rest, async (found) => existsSync(found))
  if (options.write !== true && !existsSync(path)) throw new UsageError(`there is no ${path}`, HINT)
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
 * Opens a whole registry: `host`, or `oci:folder` with a layout for each repository; and what stands behind its first
 * slash.
 */
export async function openRegistry(
  text: string,
  { flags, io }: OpenOptions,
): Promise<{ registry: Registry; below?: string } & AsyncDisposable> {
  if (text.startsWith('tar:'))
    throw new UsageError('an archive is no registry of many repositories', 'use oci:folder')
  if (text.startsWith('oci:')) {
    const registry = folderLayouts(text.slice(4))
    return { registry, [Symbol.asyncDispose]: registry.close }
  }
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const registry = await clientFor(host, flags, io)
  const below = slash < 0 ? {} : { below: text.slice(slash + 1) }
  return { registry, ...below, [Symbol.asyncDispose]: async () => {} }
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

function referenceIn(text: string): ReturnType<typeof parseRelativeReference> {
  try {
    return parseRelativeReference(text)
  } catch (error) {
    if (error instanceof RegistryError)
      throw new UsageError(`${JSON.stringify(withoutLogin(text))}: ${error.message}`, HINT)
    throw error
  }
}

/** Somebody may have written a password before the host. */
export function withoutLogin(text: string): string {
  return text.replace(/^.*@(?!sha\d+:)/s, '')
}

async function openLayout(
  kind: string,
  path: string,
  { write = false, called = 'layout' }: OpenOptions,
): Promise<Awaited<ReturnType<typeof tarLayout>>> {
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
