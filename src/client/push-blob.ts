/**
 * Pushing a whole blob: in one request, or in chunks where it or the registry wants that.
 * @module
 */

import { orRelease } from '../content.ts'
import { type Descriptor, type Digest, OCTET_STREAM } from '../oci/index.ts'
import type { Body, CallOptions } from '../registry.ts'
import { type Core, hasCode } from './core.ts'
import { cut } from './cut.ts'
import { MOST_KEPT } from './in-parts.ts'
import type { Settings } from './options.ts'
import { checkSize } from './outgoing.ts'
import { append, finish, finishOnce, unlessBusy } from './resume.ts'
import { cancel, type Opened, open } from './sessions.ts'
import type { Session } from './upload-id.ts'

/** Pushes a blob. A session that is lost is begun anew as long as all bytes are at hand. */
export async function pushBlob(
  core: Core,
  repo: string,
  { digest, size }: { digest: Digest; size?: number },
  body: Body,
  options?: CallOptions,
): Promise<Descriptor> {
  return orRelease(body, async () => {
    checkSize(body, size)
    const algorithm = digest.slice(0, digest.indexOf(':'))
    for (let no = 0; ; no++) {
      const sending: Sending = {
        core,
        digest,
        body,
        size,
        options,
        at: await open(core, repo, algorithm, options),
      }
      try {
        const length = await send(sending)
        core.sizes.set(digest, length)
        return { mediaType: OCTET_STREAM, digest, size: length }
      } catch (error) {
        await letGo(sending)
        const isLost = hasCode(error, 'BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'RANGE_INVALID')
        if (!isLost || !(body instanceof Uint8Array) || no >= core.settings.tries) throw error
      }
    }
  })
}

/** A push on its way. */
interface Sending {
  readonly core: Core
  readonly digest: Digest
  readonly body: Body
  readonly size: number | undefined
  readonly options: CallOptions | undefined
  /** The session as it was told last. */
  at: Opened | Session
}

/** @returns the bytes of the blob. */
async function send(sending: Sending): Promise<number> {
  const { core, digest, body, size, options, at } = sending
  const length = chunkLength(core.settings, at, body)
  if (length === Number.POSITIVE_INFINITY && body instanceof ReadableStream)
    return finishOnce(core, at, digest, { body, size }, options)
  let offset = 0
  for await (const part of cut(body, length, size, options?.signal)) {
    offset = part.offset + part.bytes.length
    if (part.isLast) await finish(core, sending.at, digest, { ...part, isWhole: part.offset === 0 }, options)
    else sending.at = await append(core, sending.at, part, options)
  }
  return offset
}

/**
 * Our own limit and the registry's, which wins: with smaller chunks than it takes nothing could be sent. A stream goes
 * in one request where the least that the registry takes is more than is kept of it, unless `fetch` sends none.
 */
function chunkLength(
  { chunkSize: ceiling, streams }: Pick<Settings, 'chunkSize' | 'streams'>,
  { minChunk = 1, maxChunk = Number.POSITIVE_INFINITY }: Partial<Opened>,
  body: Body,
): number {
  const most = Math.min(ceiling, maxChunk)
  const isFree = streams && most === Number.POSITIVE_INFINITY
  if (body instanceof Uint8Array || isFree) return Math.max(minChunk, most)
  if (streams && minChunk > MOST_KEPT) return Number.POSITIVE_INFINITY
  return Math.max(minChunk, ceiling === Number.POSITIVE_INFINITY ? Math.min(most, MOST_KEPT) : most)
}

/** The registry is told; whoever has given up does not wait for that. */
async function letGo({ core, at, options }: Sending): Promise<void> {
  const told = unlessBusy(core, () => cancel(core, at)).catch(() => {})
  if (options?.context) options.context.defer(told)
  else if (!options?.signal?.aborted) await told
}
