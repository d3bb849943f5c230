/**
 * Copying a blob: not at all if it is there, else by mount, else its bytes.
 * @module
 */

import { counted } from '../body.ts'
import type { Digest } from '../oci/index.ts'
import { downloadBlob } from './download.ts'
import { type Job, once, place } from './job.ts'
import { orAbsent, retried } from './retry.ts'
import { uploadBlob } from './upload.ts'

/** A blob that is wanted, with the size that a manifest tells. */
export interface WantedBlob {
  readonly digest: Digest
  readonly size: number
}

/** Copies a blob, once for each job. */
export function copyBlob(job: Job, blob: WantedBlob): Promise<void> {
  return once(job, blob.digest, () =>
    job.turn(() => retried(job.tries, job.call.signal, () => attempt(job, blob))),
  )
}

async function attempt(job: Job, { digest, size }: WantedBlob): Promise<void> {
  const { to, call, counts } = job
  call.signal.throwIfAborted()
  const found = await orAbsent(to.registry.resolveBlob(to.repository, digest, call))
  // A file that was cut short is there, too.
  if (found?.size === size) {
    counts.there++
    job.tell({ kind: 'blob', digest, size, state: 'there' })
  } else if (await mount(job, digest)) {
    counts.mounted++
    job.tell({ kind: 'blob', digest, size, state: 'mounted' })
  } else {
    await send(job, { digest, size })
  }
  place(job, digest)
}

async function mount({ from, to, isHome, placed, call }: Job, digest: Digest): Promise<boolean> {
  const sources = [...(isHome ? [from.repository] : []), placed.get(digest)]
  for (const source of new Set(sources)) {
    if (source === undefined || source === to.repository) continue
    if (await to.registry.mountBlob(to.repository, digest, { ...call, from: source })) return true
  }
  return false
}

async function send(job: Job, { digest, size: told }: WantedBlob): Promise<void> {
  const { from, to, call, counts, parts, chunked } = job
  job.tell({ kind: 'blob', digest, size: told, state: 'begun' })
  const how = { ...call, concurrency: parts, size: told }
  const content = await downloadBlob(from.registry, from.repository, digest, how)
  const { size } = content.descriptor
  let moved = 0
  const tellMoved = (bytes: number): void => {
    moved += bytes
    job.tell({ kind: 'blob', digest, size, state: 'moved', moved })
  }
  const body = job.isWatched ? counted(content.stream(), tellMoved) : content.stream()
  if (chunked) await uploadBlob(to.registry, to.repository, { digest, size }, body, call)
  else await to.registry.pushBlob(to.repository, { digest, size }, body, call)
  counts.blobs++
  counts.bytes += size
  job.tell({ kind: 'blob', digest, size, state: 'copied', moved: size })
}
