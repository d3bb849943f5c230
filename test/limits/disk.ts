/**
 * A disk that is easily full.
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** A small disk, or why there is none. */
export type Disk = { readonly path: string; remove(): void } | { readonly reason: string }

/** Mounts a disk of so many MiB. */
export function smallDisk(size: number): Disk {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { reason: 'mounting a disk needs root on Linux' }
  const path = mkdtempSync(join(tmpdir(), 'ocikit-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', path], { stdio: 'pipe' })
  } catch (error) {
    rmdirSync(path)
    return { reason: `mount refused: ${String(error).split('\n')[0]}` }
  }
  return {
    path,
    remove() {
      execFileSync('umount', ['--lazy', path])
      rmdirSync(path)
    },
  }
}
