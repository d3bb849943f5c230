/**
 * What the disk itself can do.
 * @module
 */

import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Payload } from './payload.ts'
import { run } from './run.ts'
import { MIB } from './scale.ts'

/** Bytes in a second that a plain copy of the payload with an fsync at its end gets. */
export async function diskRate(folder: string, { file, size }: Payload): Promise<number> {
  const target = join(folder, 'disk.bin')
  await settleDisk()
  const begun = performance.now()
  const from = await open(file, 'r')
  const to = await open(target, 'wx')
  try {
    const block = Buffer.allocUnsafe(MIB)
    for (let at = 0; at < size; at += MIB) {
      const { bytesRead } = await from.read(block, 0, MIB, at)
      await to.write(block, 0, bytesRead, at)
    }
    await to.sync()
    return size / ((performance.now() - begun) / 1000)
  } finally {
    await from.close()
    await to.close()
    await rm(target, { force: true })
  }
}

/** Lets the disk finish what others left to it, so that nobody pays for the one before. */
export async function settleDisk(): Promise<void> {
  await run('sync', [], { timeout: 60_000 }).catch(() => {})
}

/** Why so many bytes cannot be written to a folder; `null` if they can. */
export async function lacksSpace(folder: string, size: number): Promise<string | null> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free > size * 1.5 + 1024 * MIB) return null
  return `only ${Math.round(free / MIB)} MiB free in ${folder}`
}
