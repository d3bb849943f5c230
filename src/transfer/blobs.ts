/**
 * Copying a blob: not at all if it is there, else by mount, else its bytes.
 * @module
 */

import { markPassing } from '../body.ts'
import type { Digest } from '../oci/index.ts'
import { downloadBlob } from './download.ts'
import { type Job, once, place } from './job.ts'
import { orAbsent, retried } from './retry.ts'

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
    await send(job, digest)
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

async function send(job: Job, digest: Digest): Promise<void> {
  const { from, to, call, counts, parts } = job
  const content = await downloadBlob(from.registry, from.repository, digest, { ...call, concurrency: parts })
  const { size } = content.descriptor
  job.tell({ kind: 'blob', digest, size, state: 'begun' })
  const counted = counting(content.stream(), (moved) =>
    job.tell({ kind: 'blob', digest, size, state: 'moved', moved }),
  )
  await to.registry.pushBlob(to.repository, { digest, size }, counted, call)
  counts.blobs++
  counts.bytes += size
  job.tell({ kind: 'blob', digest, size, state: 'copied', moved: size })
}

/** The same bytes, with word of how many have passed. */
function counting(
  stream: ReadableStream<Uint8Array>,
  passed: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  let bytes = 0
  const counted = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await reader.read()
        if (done) return controller.close()
        bytes += value.length
        passed(bytes)
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return markPassing(counted, stream)
}
