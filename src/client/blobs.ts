/**
 * Reading, describing and deleting blobs (end-2, end-10).
 * @module
 */

import { repositoryScope } from '../auth/client/index.ts'
import { contentOf } from '../content.ts'
import {
  type ByteRange,
  blobPath,
  type Descriptor,
  type Digest,
  isContentDigest,
  OCTET_STREAM,
  RegistryError,
  resolveRange,
  type Span,
} from '../oci/index.ts'
import type { CallOptions, Content, Registry } from '../registry.ts'
import { type Core, callOf } from './core.ts'
import { streamOf } from './download.ts'
import { broken } from './errors.ts'
import { contentRangeOf, lengthOf } from './headers.ts'
import { discard } from './read.ts'
import type { Ask } from './send.ts'

/** The part of a registry that reads and deletes blobs. */
export function blobsOf(core: Core): Pick<Registry, 'getBlob' | 'resolveBlob' | 'deleteBlob'> {
  return {
    getBlob: (repo, digest, options) => getBlob(core, repo, digest, options),
    resolveBlob: (repo, digest, options) => resolveBlob(core, repo, digest, options),
    async deleteBlob(repo, digest, options) {
      const ask = askFor(core, 'DELETE', repo, digest, options)
      const scopes = [repositoryScope(core.settings.nameOf(repo), 'delete')]
      await discard((await core.send({ ...ask, scopes })).response)
    },
  }
}

function askFor(
  { settings }: Core,
  method: string,
  repo: string,
  digest: Digest,
  options?: CallOptions,
): Ask {
  const name = settings.nameOf(repo)
  return {
    method,
    url: blobPath(name, digest),
    scopes: [repositoryScope(name, 'pull')],
    repository: name,
    unknown: 'BLOB_UNKNOWN',
    ...callOf(options),
  }
}

async function getBlob(
  core: Core,
  repo: string,
  digest: Digest,
  { range, ...options }: CallOptions & { range?: ByteRange } = {},
): Promise<Content> {
  const ask = askFor(core, 'GET', repo, digest, options)
  const text = range && ('suffix' in range ? `-${range.suffix}` : `${range.first}-${range.last ?? ''}`)
  const headers = text === undefined ? {} : { headers: { range: `bytes=${text}` } }
  const { response } = await core.send({ ...ask, ...headers })
  try {
    if (!isContentDigest(digest))
      throw new RegistryError(
        'UNSUPPORTED',
        'content of this algorithm cannot be verified: use sha256 or sha512',
      )
    return await contentIn(core, ask, digest, response, range)
  } catch (error) {
    await discard(response)
    throw error
  }
}

/** A 200 for a range is the whole: the range is cut out of it. */
async function contentIn(
  core: Core,
  ask: Ask,
  digest: Digest,
  response: Response,
  range: ByteRange | undefined,
): Promise<Content> {
  const { settings, send, sizes } = core
  const size = await sizeOf(core, ask, digest, response)
  sizes.set(digest, size)
  const blob: Descriptor = { mediaType: OCTET_STREAM, digest, size }
  const span = range ? resolveRange(range, size) : { offset: 0, length: size }
  const isPart = response.status === 206
  if (isPart && contentRangeOf(response.headers).first !== span.offset)
    throw broken(settings.base.host, 'answers with another range than the one that was asked for')
  const skip = isPart ? 0 : span.offset
  const download = { settings, send, ask, blob, span, response, skip }
  const close = { close: () => discard(response) }
  const cut: { range?: Span } = range ? { range: span } : {}
  return contentOf(blob, () => streamOf(download), { ...close, ...cut })
}

async function sizeOf(core: Core, ask: Ask, digest: Digest, response: Response): Promise<number> {
  const { headers, status } = response
  const told = status === 206 ? contentRangeOf(headers).total : lengthOf(headers)
  return told ?? core.sizes.get(digest) ?? (await resolve(core, ask, digest)).size
}

/** Describes a blob. */
export async function resolveBlob(
  core: Core,
  repo: string,
  digest: Digest,
  options?: CallOptions,
): Promise<Descriptor> {
  return resolve(core, askFor(core, 'GET', repo, digest, options), digest)
}

/** HEAD; and where that does not tell the size or is refused, the first byte of a GET. */
async function resolve(core: Core, ask: Ask, digest: Digest): Promise<Descriptor> {
  const { settings, sizes, send } = core
  const head = await send({ ...ask, method: 'HEAD', accept: [405, 501] })
  await discard(head.response)
  const size = head.response.ok ? lengthOf(head.response.headers) : null
  const found = size ?? (await sizeByRange(core, ask))
  if (found === null) throw broken(settings.base.host, 'does not tell the size of a blob')
  sizes.set(digest, found)
  return { mediaType: OCTET_STREAM, digest, size: found }
}

async function sizeByRange({ send }: Core, ask: Ask): Promise<number | null> {
  const { response } = await send({ ...ask, headers: { range: 'bytes=0-0' }, accept: [416] })
  await discard(response)
  const { headers, status } = response
  return status === 200 ? lengthOf(headers) : contentRangeOf(headers).total
}
