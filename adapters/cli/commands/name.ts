import { isDigestReference, isTag } from '../../../src/oci/index.ts'
import { parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { openImage, openLocation } from '../places/location.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

/** `ocikit tag`: more tags for an image. */
export async function tag(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, REMOTE_FLAGS)
  const [text, ...tags] = positionals
  if (text === undefined || tags.length === 0 || !tags.every(isTag))
    throw new UsageError('tag takes an image and the tags to set', 'see ocikit tag --help')
  await using location = await openImage(text, { flags: values, io, write: true })
  const { registry, repository, reference } = location
  const { bytes, descriptor } = await registry.getManifest(repository, reference)
  await registry.pushManifest(repository, bytes, descriptor.mediaType, { digest: descriptor.digest, tags })
  io.stdout.write(`${descriptor.digest}  ${tags.join(' ')}\n`)
  return 0
}

const RM_FLAGS = { all: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** `ocikit rm`: a tag; or a manifest, with all its tags. */
export async function rm(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, RM_FLAGS)
  const [text, ...more] = positionals
  if (text === undefined || more.length > 0) throw new UsageError('rm takes an image', 'see ocikit rm --help')
  await using location = await openLocation(text, { flags: values, io, write: true })
  const { registry, repository, reference } = location
  // What is deleted is written out.
  if (reference === undefined) throw new UsageError('rm takes a tag or a digest', 'as in host/name:tag')
  if (!values.all && !isDigestReference(reference)) {
    await registry.deleteTag(repository, reference)
  } else {
    const { digest } = await registry.resolveManifest(repository, reference)
    await registry.deleteManifest(repository, digest)
  }
  return 0
}
